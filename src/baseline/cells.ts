/** Numbers of the models of one series side by side: an array for each would take more than what it holds. */
export class Cells {
  readonly numbers: Float64Array;
  #taken = 0;

  constructor(count: number) {
    this.numbers = new Float64Array(count);
  }

  /** Where the next `count` zeros begin. Throws where there are fewer. */
  take(count: number): number {
    const from = this.#taken;
    this.#taken += count;
    if (this.#taken > this.numbers.length) throw new RangeError("more cells taken than there are");
    return from;
  }
}
