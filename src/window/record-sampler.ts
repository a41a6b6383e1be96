import type { SeverityNumber } from "../log/severity.ts";
import { SECOND_MS, type EpochMs } from "../log/time.ts";
import { WARN } from "./recent-template.ts";

/** Per series and second: more records than this are counted, and only not looked at. */
const LOUD_PER_SECOND = 20;
const QUIET_PER_SECOND = 4;
/** Records that name an event, such as a deployment, whatever their level. */
const EVENTS_PER_SECOND = 20;
/** Of all series together. */
const LOOKED_AT_PER_SECOND = 2_000;

interface Second {
  second: number;
  loud: number;
  quiet: number;
  events: number;
}

/** Decides which records are looked at in full: as many as the bounds allow, warnings and errors before others. */
export class RecordSampler {
  readonly #series = new Map<string, Second>();
  #second = 0;
  #lookedAt = 0;
  #skipped = 0;

  /** Records that went by unlooked at. */
  get skipped(): number {
    return this.#skipped;
  }

  /** A batch comes in: from here on at most the bound of this second. */
  begin(nowMs: EpochMs): void {
    const second = Math.floor(nowMs / SECOND_MS);
    if (second === this.#second) return;
    this.#second = second;
    this.#lookedAt = 0;
  }

  /** By the records' own seconds, so that a late batch or a replay is sampled as the live stream is. */
  takes(seriesKey: string, severity: SeverityNumber, isEvent: boolean, timeMs: EpochMs): boolean {
    const lately = this.#lately(seriesKey, Math.floor(timeMs / SECOND_MS));
    const isTaken = this.#lookedAt < LOOKED_AT_PER_SECOND && hasRoom(lately, severity, isEvent);
    if (isTaken) this.#lookedAt += 1;
    else this.#skipped += 1;
    return isTaken;
  }

  #lately(seriesKey: string, second: number): Second {
    let lately = this.#series.get(seriesKey);
    if (lately === undefined) {
      lately = { second, loud: 0, quiet: 0, events: 0 };
      this.#series.set(seriesKey, lately);
    } else if (lately.second !== second) {
      lately.second = second;
      lately.loud = 0;
      lately.quiet = 0;
      lately.events = 0;
    }
    return lately;
  }

  /** Forgets series that `isKnown` does not know any more. */
  expire(isKnown: (seriesKey: string) => boolean): void {
    for (const key of this.#series.keys()) if (!isKnown(key)) this.#series.delete(key);
  }
}

function hasRoom(lately: Second, severity: SeverityNumber, isEvent: boolean): boolean {
  if (isEvent) return lately.events++ < EVENTS_PER_SECOND;
  return severity >= WARN ? lately.loud++ < LOUD_PER_SECOND : lately.quiet++ < QUIET_PER_SECOND;
}
