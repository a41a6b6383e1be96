/** One measured figure of the evaluation and the bar it is held against, where there is one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: "share" | "count" | "ms" | "USD";
  /** What the figure rests on. */
  readonly of: string;
  readonly bar: { readonly at: "least" | "most"; readonly value: number } | null;
}

export interface EvalTable {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  /** Case by case, for the JSON file. */
  readonly cases: readonly Readonly<Record<string, unknown>>[];
}

export function missed({ value, bar }: Figure): boolean {
  if (bar === null) return false;
  return !(bar.at === "least" ? value >= bar.value : value <= bar.value);
}

function shown(value: number, unit: Figure["unit"]): string {
  if (unit === "share") return `${(value * 100).toFixed(1)} %`;
  if (unit === "count") return String(value);
  return `${value.toFixed(unit === "ms" ? 2 : 4)} ${unit}`;
}

function cells(figure: Figure): string[] {
  const { what, value, unit, of, bar } = figure;
  const against = bar === null ? "" : `${bar.at === "least" ? "≥" : "≤"} ${shown(bar.value, unit)}`;
  return [what, shown(value, unit), of, against, bar === null ? "" : missed(figure) ? "MISSED" : "ok"];
}

export function render({ title, figures, notes }: EvalTable): string {
  const lines = [["what", "measured", "of", "bar", ""], ...figures.map(cells)];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...lines.map((line) => (line[i] ?? "").length)));
  const text = lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [`\n${title}`, "", ...text, ...notes.map((note) => `  ${note}`)].join("\n");
}

export function share(hits: number, total: number): number {
  return total === 0 ? 0 : hits / total;
}
