const FIRST_SLOTS = 4;
const GROWTH = 1.5;

/**
 * The numbers of the templates of one series side by side: a template with arrays and boxed numbers of its own would
 * take three times the memory. Slots are never moved; arrays are replaced when they grow.
 */
export class PatternStore {
  readonly #numbersEach: number;
  readonly #stepsEach: number;
  readonly #free: number[] = [];
  numbers: Float64Array;
  steps: Uint16Array;
  #used = 0;

  constructor(numbersEach: number, stepsEach: number, slots = FIRST_SLOTS) {
    this.#numbersEach = numbersEach;
    this.#stepsEach = stepsEach;
    this.numbers = new Float64Array(slots * numbersEach);
    this.steps = new Uint16Array(slots * stepsEach);
  }

  /** A slot of zeros. */
  take(): number {
    const slot = this.#free.pop() ?? this.#used++;
    const slots = this.steps.length / this.#stepsEach;
    if (slot >= slots) this.#grow(Math.ceil(slots * GROWTH) + 1);
    return slot;
  }

  #grow(slots: number): void {
    const { numbers, steps } = this;
    this.numbers = new Float64Array(slots * this.#numbersEach);
    this.numbers.set(numbers);
    this.steps = new Uint16Array(slots * this.#stepsEach);
    this.steps.set(steps);
  }

  release(slot: number): void {
    this.numbers.fill(0, slot * this.#numbersEach, (slot + 1) * this.#numbersEach);
    this.steps.fill(0, slot * this.#stepsEach, (slot + 1) * this.#stepsEach);
    this.#free.push(slot);
  }
}
