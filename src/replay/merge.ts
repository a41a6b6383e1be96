import type { TimedRecord } from "./time-order.ts";

/** Records in time order within reason; chunks may be empty. */
export type TimedSource = AsyncIterator<readonly TimedRecord[], void>;

/** Where one source stands. Only its current chunk is in memory. */
class Cursor {
  readonly #source: TimedSource;
  #chunk: readonly TimedRecord[] = [];
  #position = 0;
  #done = false;

  constructor(source: TimedSource) {
    this.#source = source;
  }

  get headMs(): number {
    return this.#chunk[this.#position]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  get done(): boolean {
    return this.#done;
  }

  /** Fetches until there is a head or the source has ended. */
  async fill(): Promise<void> {
    while (!this.#done && this.#position >= this.#chunk.length) {
      const next = await this.#source.next();
      this.#done = next.done === true;
      this.#chunk = next.done === true ? [] : next.value;
      this.#position = 0;
    }
  }

  /** The records that come before `limitMs`, or also at it, as far as the chunk goes. */
  take(limitMs: number, inclusive: boolean): readonly TimedRecord[] {
    const from = this.#position;
    let to = from;
    for (; to < this.#chunk.length; to++) {
      const atMs = this.#chunk[to]?.atMs ?? Number.POSITIVE_INFINITY;
      if (inclusive ? atMs > limitMs : atMs >= limitMs) break;
    }
    this.#position = to;
    return from === 0 && to === this.#chunk.length ? this.#chunk : this.#chunk.slice(from, to);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/**
 * The sources' records by time, at equal times in the order of the sources. Disorder inside one source is passed
 * on as it comes. Holds one chunk of each source.
 */
export async function* mergeByTime(sources: readonly TimedSource[]): AsyncGenerator<readonly TimedRecord[]> {
  const cursors = sources.map((source) => new Cursor(source));
  try {
    let open = cursors;
    for (;;) {
      for (const cursor of open) await cursor.fill();
      open = open.filter((cursor) => !cursor.done);
      const next = takeFirst(open);
      if (next === null) return;
      yield next;
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

/** From the source with the earliest head: everything up to the earliest head of the others. */
function takeFirst(cursors: readonly Cursor[]): readonly TimedRecord[] | null {
  let first = 0;
  for (let i = 1; i < cursors.length; i++) {
    if ((cursors[i]?.headMs ?? Infinity) < (cursors[first]?.headMs ?? Infinity)) first = i;
  }
  const cursor = cursors[first];
  if (cursor === undefined) return null;
  let limitMs = Number.POSITIVE_INFINITY;
  let limitIndex = cursors.length;
  for (const [i, other] of cursors.entries()) {
    if (i === first || other.headMs >= limitMs) continue;
    limitMs = other.headMs;
    limitIndex = i;
  }
  return cursor.take(limitMs, first < limitIndex);
}
