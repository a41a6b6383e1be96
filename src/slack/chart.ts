import type { AlertChart, ChartUnit } from "../alert/chart.ts";
import { describeDuration } from "../log/duration.ts";
import { formatTime } from "../log/time.ts";
import type { ChartBlock } from "./message.ts";
import { code, line, mrkdwn, type Mrkdwn } from "./mrkdwn.ts";

const TITLES: Readonly<Record<ChartUnit, string>> = {
  share: "Errors, % of the records",
  records: "Records",
  services: "Services that log",
};
const UNITS: Readonly<Record<ChartUnit, string>> = { share: "%", records: "records", services: "services" };
const LEVELS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const GAP = "·";
const MAX_POINTS = 20;
/** Nothing that is counted here comes near it. */
const MAX_VALUE = 1e15;

function shown(value: number, unit: ChartUnit): number {
  const scaled = unit === "share" ? value * 100 : value;
  return Math.round(scaled * 100) / 100;
}

function amount(value: number, unit: ChartUnit): string {
  if (unit === "share") return `${(value * 100).toFixed(1)} %`;
  return `${Math.round(value).toLocaleString("en")} ${UNITS[unit]}`;
}

/** Only what can be drawn: a value that is no number would have the message refused. */
export function drawable(chart: AlertChart | null | undefined): AlertChart | null {
  if (chart === null || chart === undefined) return null;
  const values = chart.values
    .slice(-MAX_POINTS)
    .map((value) => (value !== null && value >= 0 && value <= MAX_VALUE ? value : null));
  const known = values.filter((value) => value !== null);
  const startMs = chart.startMs + (chart.values.length - values.length) * chart.stepMs;
  const { expected } = chart;
  const usual = expected !== null && expected >= 0 && expected <= MAX_VALUE ? expected : null;
  return known.length < 2 ? null : { ...chart, startMs, values, expected: usual };
}

/** The chart as Slack draws it. */
export function chartBlock(blockId: string, chart: AlertChart): ChartBlock {
  const labels = chart.values.map((_, index) =>
    formatTime(chart.startMs + index * chart.stepMs).slice(11, 19),
  );
  const series = (name: string, at: (index: number) => number) => ({
    name,
    data: labels.map((label, index) => ({ label, value: at(index) })),
  });
  const { expected, unit, values } = chart;
  return {
    type: "data_visualization",
    block_id: blockId,
    title: TITLES[unit],
    chart: {
      type: "line",
      series: [
        series("observed", (index) => shown(values[index] ?? 0, unit)),
        ...(expected === null ? [] : [series("expected", () => shown(expected, unit))]),
      ],
      axis_config: { categories: labels, x_label: "UTC", y_label: UNITS[unit] },
    },
  };
}

function level(value: number, top: number): string {
  const index = top === 0 ? 0 : Math.round((value / top) * (LEVELS.length - 1));
  return LEVELS[Math.min(Math.max(index, 0), LEVELS.length - 1)] ?? LEVELS[0];
}

/** The same as a line of block characters, with its peak and what was expected. */
export function sparkline(chart: AlertChart): Mrkdwn {
  const { values, expected, unit, stepMs } = chart;
  const peak = Math.max(...values.map((value) => value ?? 0));
  const top = Math.max(peak, expected ?? 0);
  const curve = values.map((value) => (value === null ? GAP : level(value, top))).join("");
  const usual = expected === null ? "" : `, expected ${amount(expected, unit)}`;
  const span = describeDuration(values.length * stepMs);
  return mrkdwn`${code(curve, 40)} ${line(`${TITLES[unit]}, ${span}: up to ${amount(peak, unit)}${usual}`, 200)}`;
}
