import { DAY_MS, MINUTE_MS } from "../../../../src/log/time.ts";
import type { ServiceProfile } from "./service.ts";

const HOUR_MS = 60 * MINUTE_MS;

/** What shifts the calendar of all services; null where it does not happen. */
export interface Calendar {
  /** From here on people's days begin an hour earlier. */
  readonly dstMs: number | null;
  /** A working day on which nobody works. */
  readonly holidayMs: number | null;
  /** A night in which batches take three times as much. */
  readonly monthEndMs: number | null;
}

function isFreeDay(timeMs: number, { holidayMs }: Calendar): boolean {
  if (holidayMs !== null && timeMs >= holidayMs && timeMs < holidayMs + DAY_MS) return true;
  // 1 January 1970 was a Thursday.
  const day = Math.floor(timeMs / DAY_MS + 4) % 7;
  return day === 0 || day === 6;
}

function wave(localMs: number, periodHours: number): number {
  const phase = (localMs / (periodHours * HOUR_MS)) % 1;
  return 1 - 0.7 * Math.cos(2 * Math.PI * phase);
}

function businessHours(localMs: number, isFree: boolean): number {
  const hour = (localMs / HOUR_MS) % 24;
  if (isFree) return 0.15;
  if (hour < 7 || hour >= 19) return 0.2;
  if (hour >= 9 && hour < 17) return 2;
  return hour < 9 ? 0.2 + 0.9 * (hour - 7) : 0.2 + 0.9 * (19 - hour);
}

function nightlyBatch(localMs: number, scale: number): number {
  const minute = (localMs / MINUTE_MS) % 1_440;
  return minute >= 120 && minute < 160 ? 6 * scale : 0.85;
}

function hourlyCron(localMs: number, jitterMin: number): number {
  const minute = ((((localMs / MINUTE_MS - jitterMin) % 60) + 60) % 60) | 0;
  return minute < 3 ? 5 : 0.8;
}

/** The factor on the mean rate at a time; 1 on average. `jitterMin` moves the cron of this hour. */
export function season(
  profile: ServiceProfile,
  timeMs: number,
  calendar: Calendar,
  jitterMin: number,
): number {
  const { dstMs, monthEndMs } = calendar;
  const localMs = dstMs !== null && timeMs >= dstMs ? timeMs + HOUR_MS : timeMs;
  const isFree = isFreeDay(localMs, calendar);
  switch (profile.shape) {
    case "diurnal":
      return wave(localMs, profile.periodHours) * (isFree && profile.periodHours === 24 ? 0.7 : 1);
    case "business":
      return businessHours(localMs, isFree);
    case "flat":
      return 1;
    case "nightly_batch":
      return nightlyBatch(localMs, monthEndMs !== null && Math.abs(timeMs - monthEndMs) < DAY_MS / 2 ? 3 : 1);
    case "hourly_cron":
      return hourlyCron(localMs, jitterMin);
  }
}
