import type { SeriesModel } from "../baseline/series-model.ts";
import type { EpochMs } from "../log/time.ts";
import type { Tracked } from "./confirm.ts";

/** A bucket is closed in so many parts, one with each tick, so that no tick is long. */
const PARTS = 20;
const MIN_AT_ONCE = 50;

/** A bucket that has ended. */
export interface EndedBucket {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly models: readonly SeriesModel[];
  /** What was open at its end, by series. */
  readonly open: ReadonlyMap<string, readonly Tracked[]>;
}

/** Closes the bucket that has ended model by model; whoever looks at the models next closes the rest first. */
export class BucketClosing {
  readonly #close: (model: SeriesModel, bucket: EndedBucket) => void;
  #bucket: EndedBucket | null = null;
  #next = 0;

  constructor(close: (model: SeriesModel, bucket: EndedBucket) => void) {
    this.#close = close;
  }

  begin(bucket: EndedBucket): void {
    this.all();
    this.#bucket = bucket;
    this.#next = 0;
    this.some();
  }

  some(): void {
    this.#goOn(Math.max(MIN_AT_ONCE, (this.#bucket?.models.length ?? 0) / PARTS));
  }

  all(): void {
    this.#goOn(Infinity);
  }

  #goOn(count: number): void {
    const bucket = this.#bucket;
    if (bucket === null) return;
    const until = this.#next + count;
    for (; this.#next < Math.min(until, bucket.models.length); this.#next++) {
      const model = bucket.models[this.#next];
      if (model !== undefined) this.#close(model, bucket);
    }
    if (this.#next >= bucket.models.length) this.#bucket = null;
  }
}
