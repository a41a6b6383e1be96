/** Shapes that a table knows unless told otherwise: 12 bytes each, twice over. */
export const DEFAULT_MAX_SHAPES = 1 << 16;
const MAX_LOAD = 0.5;
const FIRST_SLOTS = 1024;

/**
 * From a shape's hash to a number of the caller's (0 or more), in flat arrays: a look costs a few nanoseconds and no
 * object. At its bound it forgets the older half; a shape forgotten is asked for again.
 */
export class ShapeTable {
  readonly #maxShapes: number;
  #young = new Generation(FIRST_SLOTS);
  #old = new Generation(FIRST_SLOTS);

  constructor(maxShapes = DEFAULT_MAX_SHAPES) {
    this.#maxShapes = maxShapes;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The shape's number; -1 where it is not known. */
  get(high: number, low: number): number {
    const value = this.#young.get(high, low);
    if (value >= 0 || this.#old.size === 0) return value;
    const older = this.#old.get(high, low);
    if (older >= 0) this.set(high, low, older);
    return older;
  }

  set(high: number, low: number, value: number): void {
    if (this.#young.size >= this.#maxShapes / 2) {
      this.#old = this.#young;
      this.#young = new Generation(FIRST_SLOTS);
    }
    this.#young.set(high, low, value);
  }
}

class Generation {
  size = 0;
  #high: Int32Array;
  #low: Int32Array;
  /** The number and one; 0 where the slot is free. */
  #value: Int32Array;

  constructor(slots: number) {
    this.#high = new Int32Array(slots);
    this.#low = new Int32Array(slots);
    this.#value = new Int32Array(slots);
  }

  get(high: number, low: number): number {
    return (this.#value[this.#slotOf(high, low)] ?? 0) - 1;
  }

  set(high: number, low: number, value: number): void {
    if (this.size >= this.#high.length * MAX_LOAD) this.#grow();
    const slot = this.#slotOf(high, low);
    if (this.#value[slot] === 0) this.size += 1;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#value[slot] = value + 1;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#high.length - 1;
    let slot = low & mask;
    while (this.#value[slot] !== 0 && (this.#low[slot] !== low || this.#high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const larger = new Generation(this.#high.length * 2);
    for (const [slot, value] of this.#value.entries()) {
      if (value !== 0) larger.set(this.#high[slot] ?? 0, this.#low[slot] ?? 0, value - 1);
    }
    this.#high = larger.#high;
    this.#low = larger.#low;
    this.#value = larger.#value;
  }
}
