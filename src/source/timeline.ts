import { civilFromDays, DAY_MS, daysFromCivil, MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { TimeScan } from "./time-scan.ts";

/** A time without a zone is UTC; one that seems to lie ahead by up to a zone's width is still of this year. */
const MAX_AHEAD_MS = DAY_MS;
/** A clock without a date that falls back by more than this has passed midnight. */
const MIDNIGHT_BACK_MS = DAY_MS / 2;
/** 29 February exists at least once in so many years. */
const LEAP_YEARS = 8;

/** Completes times of one source: the year, or the whole date, where its lines leave it out. */
export class Timeline {
  /** Nothing of this source is later, such as the file's last change; NaN where unknown. */
  referenceMs: EpochMs;
  #year = -1;
  #month = -1;
  #day = -1;
  #days = 0;
  #dayMs: EpochMs = Number.NaN;
  #clockMs = -1;

  constructor(referenceMs: EpochMs) {
    this.referenceMs = referenceMs;
  }

  /** NaN where the date is missing and no reference helps. */
  timeOf(scan: TimeScan): EpochMs {
    if (scan.form === "epoch") return scan.epochMs;
    const zoneMs = Number.isNaN(scan.zoneMinutes) ? 0 : scan.zoneMinutes * MINUTE_MS;
    const clockMs = Math.max(scan.clockMs, 0);
    if (scan.month === 0) return this.#dayOf(clockMs) + clockMs - zoneMs;
    if (scan.year === 0) return this.#yearless(scan, clockMs - zoneMs);
    return this.#daysOf(scan.year, scan.month, scan.day) * DAY_MS + clockMs - zoneMs;
  }

  /** Lines of one day follow each other, so the last date's days are kept. */
  #daysOf(year: number, month: number, day: number): number {
    if (day !== this.#day || month !== this.#month || year !== this.#year) {
      this.#year = year;
      this.#month = month;
      this.#day = day;
      this.#days = daysFromCivil(year, month, day);
    }
    return this.#days;
  }

  /** The latest year in which the time is not ahead of the reference. */
  #yearless({ month, day }: TimeScan, restMs: number): EpochMs {
    if (Number.isNaN(this.referenceMs)) return Number.NaN;
    const lastMs = this.referenceMs + MAX_AHEAD_MS;
    const { year } = civilFromDays(Math.floor(lastMs / DAY_MS));
    for (let back = 0; back <= LEAP_YEARS; back++) {
      const days = this.#daysOf(year - back, month, day);
      const exists = month !== 2 || day !== 29 || civilFromDays(days).day === 29;
      if (exists && days * DAY_MS + restMs <= lastMs) return days * DAY_MS + restMs;
    }
    return Number.NaN;
  }

  #dayOf(clockMs: number): EpochMs {
    if (Number.isNaN(this.#dayMs)) this.#dayMs = Math.floor(this.referenceMs / DAY_MS) * DAY_MS;
    else if (clockMs < this.#clockMs - MIDNIGHT_BACK_MS) this.#dayMs += DAY_MS;
    this.#clockMs = clockMs;
    return this.#dayMs;
  }
}
