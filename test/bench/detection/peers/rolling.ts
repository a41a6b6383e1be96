/** The last `size` values in order, with their sum and sum of squares. */
export class Rolling {
  readonly size: number;
  readonly #values: Float64Array;
  #count = 0;
  #sum = 0;
  #squares = 0;

  constructor(size: number) {
    this.size = size;
    this.#values = new Float64Array(size);
  }

  push(value: number): void {
    const slot = this.#count % this.size;
    if (this.#count >= this.size) {
      const old = this.#values[slot] ?? 0;
      this.#sum -= old;
      this.#squares -= old * old;
    }
    this.#values[slot] = value;
    this.#sum += value;
    this.#squares += value * value;
    this.#count += 1;
  }

  /** Values held. */
  get length(): number {
    return Math.min(this.#count, this.size);
  }

  get isFull(): boolean {
    return this.#count >= this.size;
  }

  get sum(): number {
    return this.#sum;
  }

  get mean(): number {
    return this.length === 0 ? 0 : this.#sum / this.length;
  }

  get sd(): number {
    if (this.length === 0) return 0;
    const variance = this.#squares / this.length - this.mean ** 2;
    // What is left of equal values is rounding.
    return variance > 1e-9 * Math.max(1, this.mean ** 2) ? Math.sqrt(variance) : 0;
  }

  /** `ago` 0 is the newest; undefined before the beginning or beyond the size. */
  at(ago: number): number | undefined {
    if (ago < 0 || ago >= this.length) return undefined;
    return this.#values[(this.#count - 1 - ago) % this.size];
  }

  /** The last `count` values, newest first. */
  last(count: number): number[] {
    const found: number[] = [];
    for (let ago = 0; ago < Math.min(count, this.length); ago++) found.push(this.at(ago) ?? 0);
    return found;
  }
}

/** The smallest of the last `size` scores: above a threshold only if all of them were. */
export class Held {
  readonly #last: Rolling;

  constructor(size: number) {
    this.#last = new Rolling(size);
  }

  push(score: number): number {
    this.#last.push(score);
    return this.#last.isFull ? Math.min(...this.#last.last(this.#last.size)) : 0;
  }
}

export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).toSorted();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Median of the distances from the median. */
export function madOf(values: readonly number[], median: number): number {
  return medianOf(values.map((value) => Math.abs(value - median)));
}

/** How far out a value is in units of `scale`; beyond all bounds where nothing ever varied. */
export function ratio(distance: number, scale: number): number {
  if (distance <= 0) return 0;
  return scale > 0 ? distance / scale : Number.POSITIVE_INFINITY;
}
