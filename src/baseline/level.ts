/** How the recent level stands to what the season says: a decayed ratio with a prior of `prior` records at 1. */
export class Level {
  readonly #keep: number;
  readonly #prior: number;
  readonly #min: number;
  readonly #max: number;
  #counted = 0;
  #expected = 0;

  constructor(options: {
    readonly bucketMs: number;
    readonly halfLifeMs: number;
    readonly prior: number;
    readonly min: number;
    readonly max: number;
  }) {
    this.#keep = 2 ** (-options.bucketMs / options.halfLifeMs);
    this.#prior = options.prior;
    this.#min = options.min;
    this.#max = options.max;
  }

  get factor(): number {
    const ratio = (this.#counted + this.#prior) / (this.#expected + this.#prior);
    return Math.min(this.#max, Math.max(this.#min, ratio));
  }

  learn(count: number, expected: number, weight: number): void {
    this.#counted = this.#counted * this.#keep + weight * count;
    this.#expected = this.#expected * this.#keep + weight * expected;
  }

  /** As if it had been learnt from so many expected records. */
  set(factor: number, expected: number): void {
    this.#counted = factor * (expected + this.#prior) - this.#prior;
    this.#expected = expected;
  }

  reset(): void {
    this.#counted = 0;
    this.#expected = 0;
  }

  toJson(): readonly number[] {
    return [this.#counted, this.#expected];
  }

  restore([counted = 0, expected = 0]: readonly number[]): void {
    this.#counted = counted;
    this.#expected = expected;
  }
}
