import { loadavg } from "node:os";

/** One measured value and the named thing that it is held against: a bar of the requirements, or a peer of this run. */
export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** How the value came about: rounds, spread, sample count. */
  readonly from: string;
  /** null: shown for comparison only. */
  readonly against: { readonly name: string; readonly value: number } | null;
}

export interface Table {
  readonly title: string;
  readonly rows: readonly Measured[];
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[];
}

/** `--check` fails below this ratio: wall-clock figures of a shared machine vary by about a quarter. */
export const MIN_RATIO = 0.8;

/** How many times better than what it is held against; 1 is level. */
export function ratioOf({ value, against, better }: Measured): number | null {
  if (against === null) return null;
  return better === "higher" ? value / against.value : against.value / value;
}

export function isMissed(row: Measured): boolean {
  const ratio = ratioOf(row);
  // A row without samples has no number: that is no pass.
  return ratio !== null && !(ratio >= MIN_RATIO);
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function cells(row: Measured): readonly string[] {
  const ratio = ratioOf(row);
  return [
    row.what,
    `${number(row.value)} ${row.unit}`,
    row.from,
    row.against === null ? "" : `${row.against.name}: ${number(row.against.value)} ${row.unit}`,
    ratio === null ? "" : `${ratio.toFixed(2)} ×${isMissed(row) ? " missed" : ""}`,
  ];
}

const HEADINGS = ["what", "measured", "from", "against", "times better"];

/** The table as text, its last column the ratio. */
export function render({ title, rows, notes }: Table): string {
  const lines = [HEADINGS, ...rows.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const text = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  text.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  const body = text.map((line) => line.trimEnd());
  return [`\n${title}`, "", ...body, "", ...notes.map((note) => `  ${note}`)].join("\n");
}

/** What else the machine did, for the notes of every table with times in it. */
export function loadNote(when: string): string {
  return `load average ${when}: ${loadavg()
    .map((load) => load.toFixed(2))
    .join(" ")}`;
}
