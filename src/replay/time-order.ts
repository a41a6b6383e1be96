import type { LogRecord } from "../log/batch.ts";
import { MAX_LATE_MS, type EpochMs } from "../log/time.ts";
import type { ReadCounts } from "./counts.ts";

/** A record and the time at which it comes: its own, unless that is missing or cannot be true. */
export interface TimedRecord {
  readonly record: LogRecord;
  readonly atMs: EpochMs;
}

/** So many following records decide whether a jump ahead is a gap in the log or one record's wrong time. */
export const LOOKAHEAD_RECORDS = 32;

/**
 * Gives every record of one source its place in time, in the order of the source. One record of 2099 must not
 * carry the clock there: a jump of more than `MAX_LATE_MS` counts only if most of the next records follow it.
 */
export class TimeOrder {
  readonly #counts: ReadCounts;
  #held: readonly LogRecord[] = [];
  #clockMs: EpochMs = Number.NEGATIVE_INFINITY;

  constructor(counts: ReadCounts) {
    this.#counts = counts;
  }

  /** Records whose followers are known by now. */
  push(records: readonly LogRecord[]): TimedRecord[] {
    const all = this.#held.length === 0 ? records : [...this.#held, ...records];
    const ready = Math.max(0, all.length - LOOKAHEAD_RECORDS);
    this.#held = all.slice(ready);
    return this.#place(all, ready);
  }

  end(): TimedRecord[] {
    const all = this.#held;
    this.#held = [];
    return this.#place(all, all.length);
  }

  #place(records: readonly LogRecord[], count: number): TimedRecord[] {
    const placed: TimedRecord[] = [];
    for (let i = 0; i < count; i++) {
      const record = records[i];
      if (record === undefined) break;
      const atMs = this.#timeOf(record, records, i + 1);
      if (Number.isFinite(atMs)) placed.push({ record, atMs });
      else this.#counts.untimed++;
    }
    return placed;
  }

  #timeOf(record: LogRecord, records: readonly LogRecord[], next: number): EpochMs {
    if (!hasTime(record)) return this.#clockMs;
    if (record.timeMs > this.#clockMs + MAX_LATE_MS && !isFollowed(record.timeMs, records, next)) {
      return Number.isFinite(this.#clockMs) ? this.#clockMs : earliest(records, next);
    }
    this.#clockMs = Math.max(this.#clockMs, record.timeMs);
    return record.timeMs;
  }
}

function hasTime(record: LogRecord): boolean {
  return Number.isFinite(record.timeMs) && record.timeMs > 0;
}

function following(records: readonly LogRecord[], next: number): readonly LogRecord[] {
  return records.slice(next, next + LOOKAHEAD_RECORDS).filter(hasTime);
}

function isFollowed(timeMs: EpochMs, records: readonly LogRecord[], next: number): boolean {
  const others = following(records, next);
  const behind = others.filter((record) => record.timeMs < timeMs - MAX_LATE_MS).length;
  return behind * 2 <= others.length;
}

function earliest(records: readonly LogRecord[], next: number): EpochMs {
  return Math.min(...following(records, next).map((record) => record.timeMs));
}
