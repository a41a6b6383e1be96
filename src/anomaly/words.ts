/** `15.0 %` of 0.15. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `12,345`; one decimal for small fractions such as averages. */
export function count(value: number): string {
  const rounded = value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
  return rounded.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** ` (15 times as much)`, or nothing where the baseline was 0. */
export function times(multiplier: number | null): string {
  if (multiplier === null) return "";
  return ` (${multiplier >= 10 ? Math.round(multiplier) : Number(multiplier.toFixed(1))} times as much)`;
}

/** `5 minutes`, `90 seconds`. */
export function duration(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  const [value, unit] = seconds >= 120 && seconds % 60 === 0 ? [seconds / 60, "minute"] : [seconds, "second"];
  return `${value} ${unit}${value === 1 ? "" : "s"}`;
}

const SHOWN = 5;

/** `a, b and 3 more`. */
export function list(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(", ");
  return `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;
}

const QUOTED_CHARS = 120;

/** A line of a log in quotes, cut where it is long. */
export function quote(text: string): string {
  return text.length <= QUOTED_CHARS ? `"${text}"` : `"${text.slice(0, QUOTED_CHARS - 1).toWellFormed()}…"`;
}

/** `45 s`, `12 min`, `3.5 h`, `2 days`: roughly, for people. */
export function span(durationMs: number): string {
  const minutes = durationMs / 60_000;
  if (minutes < 2) return `${Math.round(durationMs / 1_000)} s`;
  if (minutes < 120) return `${Math.round(minutes)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Number(hours.toFixed(1))} h` : `${Math.round(hours / 24)} days`;
}
