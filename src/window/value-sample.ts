import type { AttributeValue, LogRecord } from "../log/batch.ts";
import { isError } from "../log/severity.ts";
import { SECOND_MS, type EpochMs } from "../log/time.ts";

/** Which values one record carried, as `name=value`; not redacted. */
export interface ValueRecord {
  readonly timeMs: EpochMs;
  readonly isError: boolean;
  readonly values: readonly string[];
}

/** Newest records of each kind, and of all that made room for them. */
const MAX_NEWEST = 256;
const MAX_BEFORE = 256;
/** One of so long is kept of those that made room: the sample reaches back three quarters of an hour at least. */
const KEPT_EVERY_MS = 10 * SECOND_MS;
/** Of all series together. */
export const MAX_VALUE_RECORDS = 150_000;
const MAX_VALUES = 24;
const MAX_CHARS = 80;
const MAX_INTERNED = 4_096;

/** What a record says of itself elsewhere, or that no two records share. */
const LEFT_OUT =
  /^(?:service\.name|service\.namespace|deployment\.environment(?:\.name)?|telemetry\..*|exception\..*|event\.name|trace_?id|span_?id)$/i;

/** How many records all samples may still take. */
export interface Room {
  left: number;
}

/** A bounded sample of one series' records by what they carry: errors, others, and how it was before. */
export class ValueSample {
  readonly #room: Room;
  readonly #errors = new Ring();
  readonly #others = new Ring();
  readonly #before: ValueRecord[] = [];
  #keptMs: EpochMs = 0;
  #seed = 1;
  /** One string for one value: thousands of records carry the same. */
  readonly #interned = new Map<string, string>();

  constructor(room: Room) {
    this.#room = room;
  }

  add(record: LogRecord): void {
    const values = this.#valuesOf(record);
    if (values.length === 0) return;
    const seen = { timeMs: record.timeMs, isError: isError(record.severity), values };
    const ring = seen.isError ? this.#errors : this.#others;
    const grows = ring.size < MAX_NEWEST;
    if (grows && this.#room.left <= 0 && ring.size === 0) return;
    if (grows && this.#room.left > 0) {
      this.#room.left -= 1;
      ring.grow(seen);
      return;
    }
    this.#keep(ring.replace(seen));
  }

  /** What made room stays with a chance that gets smaller with age. */
  #keep(old: ValueRecord): void {
    if (old.timeMs - this.#keptMs < KEPT_EVERY_MS) return;
    this.#keptMs = old.timeMs;
    if (this.#before.length < MAX_BEFORE && this.#room.left > 0) {
      this.#room.left -= 1;
      this.#before.push(old);
    } else if (this.#before.length > 0) {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
      this.#before[Math.floor((this.#seed / 2 ** 32) * this.#before.length)] = old;
    }
  }

  #valuesOf({ resource, attributes }: LogRecord): readonly string[] {
    const values: string[] = [];
    for (const from of [resource, attributes]) {
      for (const [name, value] of from) {
        if (values.length >= MAX_VALUES) return values;
        const text = textOf(value);
        if (text !== null && name.length <= MAX_CHARS && !LEFT_OUT.test(name))
          values.push(this.#intern(`${name}=${text}`));
      }
    }
    return values;
  }

  #intern(text: string): string {
    const known = this.#interned.get(text);
    if (known !== undefined) return known;
    if (this.#interned.size >= MAX_INTERNED) this.#interned.clear();
    this.#interned.set(text, text);
    return text;
  }

  *all(): Generator<ValueRecord> {
    yield* this.#before;
    yield* this.#others.all();
    yield* this.#errors.all();
  }

  /** Gives its room back. */
  forget(): void {
    this.#room.left += this.#before.length + this.#errors.size + this.#others.size;
  }
}

class Ring {
  readonly #records: ValueRecord[] = [];
  #oldest = 0;

  get size(): number {
    return this.#records.length;
  }

  grow(record: ValueRecord): void {
    this.#records.push(record);
  }

  /** Returns the one that made room. */
  replace(record: ValueRecord): ValueRecord {
    const old = this.#records[this.#oldest] ?? record;
    this.#records[this.#oldest] = record;
    this.#oldest = (this.#oldest + 1) % Math.max(1, this.#records.length);
    return old;
  }

  all(): readonly ValueRecord[] {
    return this.#records;
  }
}

function textOf(value: AttributeValue): string | null {
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : null;
  return typeof value === "string" && value !== "" && value.length <= MAX_CHARS ? value : null;
}
