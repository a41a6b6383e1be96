/** Milliseconds since 1970-01-01T00:00:00Z; fractions are sub-millisecond. */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** A record may run at most this far ahead of our clock before it is clamped. */
export const MAX_AHEAD_MS = 10_000;
/** Older records are counted as late and never evaluated: replayed logs must not look like a spike. */
export const MAX_LATE_MS = 120_000;

/** Years the formatters and the parser understand; anything outside is not a time that a log carries. */
const MIN_YEAR = 1970;
const MAX_YEAR = 9999;

/** Days since the epoch of a date of the Gregorian calendar (Howard Hinnant, days_from_civil). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The inverse of `daysFromCivil` (Howard Hinnant, civil_from_days). */
export function civilFromDays(days: number): Civil {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1,
  };
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

interface TimeParts {
  readonly date: Civil;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

function timeParts(timeMs: EpochMs): TimeParts {
  const whole = Math.floor(timeMs);
  const days = Math.floor(whole / DAY_MS);
  const rest = whole - days * DAY_MS;
  return {
    date: civilFromDays(days),
    hour: Math.floor(rest / 3_600_000),
    minute: Math.floor(rest / MINUTE_MS) % 60,
    second: Math.floor(rest / SECOND_MS) % 60,
    millisecond: rest % SECOND_MS,
  };
}

/** RFC 3339 in UTC; milliseconds only where there are any, as in `2024-01-15T10:30:45Z`. */
export function formatTime(timeMs: EpochMs): string {
  const { date, hour, minute, second, millisecond } = timeParts(timeMs);
  const fraction = millisecond === 0 ? "" : `.${pad(millisecond, 3)}`;
  return `${pad(date.year, 4)}-${pad(date.month, 2)}-${pad(date.day, 2)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${fraction}Z`;
}

/** `20240115_103045`, the time inside an alert's id. */
export function formatIdTime(timeMs: EpochMs): string {
  const { date, hour, minute, second } = timeParts(timeMs);
  return `${pad(date.year, 4)}${pad(date.month, 2)}${pad(date.day, 2)}_${pad(hour, 2)}${pad(minute, 2)}${pad(second, 2)}`;
}

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?([Zz]|[+-][01]\d:?[0-5]\d)?$/;

function offsetMs(zone: string | undefined): number {
  if (zone === undefined || zone === "Z" || zone === "z") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  const digits = zone.slice(1).replace(":", "");
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * MINUTE_MS;
}

function parseText(text: string): EpochMs | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const y = Number(year);
  const mo = Number(month);
  const d = Number(day);
  const days = daysFromCivil(y, mo, d);
  // 30 February would silently become another day.
  const exists = y >= MIN_YEAR && mo >= 1 && mo <= 12 && civilFromDays(days).day === d;
  if (!exists || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const fractionMs = fraction === undefined ? 0 : Number(`0.${fraction}`) * SECOND_MS;
  const clock = Number(hour) * 3_600_000 + Number(minute) * MINUTE_MS + Number(second) * SECOND_MS;
  return days * DAY_MS + clock + fractionMs - offsetMs(zone);
}

/** Epoch numbers come in seconds, milliseconds, microseconds or nanoseconds; their size tells which. */
function parseEpoch(value: number): EpochMs | null {
  if (!Number.isFinite(value) || value <= 0) return null;
  if (value < 1e11) return value * 1e3;
  if (value < 1e14) return value;
  if (value < 1e17) return value / 1e3;
  return value / 1e6;
}

const LAST_MS = (daysFromCivil(MAX_YEAR, 12, 31) + 1) * DAY_MS;

/**
 * Reads RFC 3339 (a missing zone is UTC, a blank may stand for the T) or an epoch number in s, ms, us or ns.
 * Returns null for anything else; never throws.
 */
export function parseTime(value: unknown): EpochMs | null {
  let timeMs: EpochMs | null = null;
  if (typeof value === "number") timeMs = parseEpoch(value);
  else if (typeof value === "string" && value.length <= 64) {
    const text = value.trim();
    timeMs = /^\d{9,19}(\.\d+)?$/.test(text) ? parseEpoch(Number(text)) : parseText(text);
  }
  return timeMs !== null && timeMs < LAST_MS ? timeMs : null;
}
