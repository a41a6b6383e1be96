import type { AlertChart } from "../alert/chart.ts";
import { formatTime } from "../log/time.ts";

const WIDTH = 600;
const HEIGHT = 140;
const MARGIN = 18;

/** Runs of known values: a gap is drawn as a gap. */
function runs(values: readonly (number | null)[]): readonly (readonly [index: number, value: number][])[] {
  const found: [number, number][][] = [[]];
  for (const [index, value] of values.entries()) {
    if (value === null || !Number.isFinite(value)) found.push([]);
    else found.at(-1)?.push([index, value]);
  }
  return found.filter(({ length }) => length > 0);
}

function amount(value: number, unit: AlertChart["unit"]): string {
  return unit === "share" ? `${(100 * value).toFixed(1)} %` : Math.round(value).toLocaleString("en");
}

/** The curve against what was expected (dashed), as SVG; numbers only, so nothing has to be escaped. */
export function chartSvg({ unit, startMs, stepMs, values, expected }: AlertChart): string {
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  const usual = expected !== null && Number.isFinite(expected) ? expected : null;
  const top = Math.max(...known.map((value) => value ?? 0), usual ?? 0);
  if (known.length < 2 || !(top > 0)) return "";
  const x = (index: number): string => ((index / Math.max(1, values.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - MARGIN - (value / top) * (HEIGHT - 2 * MARGIN)).toFixed(1);
  const curves = runs(values).map((run) => {
    const points = run.map(([index, value]) => `${x(index)},${y(value)}`).join(" ");
    return `<polyline points="${points}" fill="none" stroke="#e01e5a" stroke-width="2"/>`;
  });
  const line =
    usual === null
      ? ""
      : `<line x1="0" x2="${WIDTH}" y1="${y(usual)}" y2="${y(usual)}" stroke="#1d9bd1" stroke-dasharray="6 4"/>`;
  const label = (at: string, anchor: string, words: string): string =>
    `<text ${at} text-anchor="${anchor}" font-size="12" fill="#555">${words}</text>`;
  const endMs = startMs + values.length * stepMs;
  const legend = `${unit === "share" ? "errors, up to" : `${unit}, up to`} ${amount(top, unit)}`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${legend}">${line}${curves.join("")}`,
    label('x="0" y="12"', "start", legend),
    usual === null ? "" : label(`x="${WIDTH}" y="12"`, "end", `dashed: expected ${amount(usual, unit)}`),
    label(`x="0" y="${HEIGHT - 2}"`, "start", formatTime(startMs).slice(11, 19)),
    label(`x="${WIDTH}" y="${HEIGHT - 2}"`, "end", `${formatTime(endMs).slice(11, 19)} UTC`),
    "</svg>",
  ].join("");
}
