/** Stops for ever at the n-th step, before or after it is made: what kill -9 leaves. */
export class Killed {
  #left: number;
  readonly #after: boolean;
  dead = false;

  constructor(step: number, after: boolean) {
    this.#left = step;
    this.#after = after;
  }

  /** The same object, each of whose calls is a step. */
  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => this.#step(() => Reflect.apply(value, object, args));
      },
    });
  }

  async #step(work: () => unknown): Promise<unknown> {
    if (this.dead) return new Promise(() => undefined);
    this.#left -= 1;
    if (this.#left === 0 && !this.#after) return this.#die();
    const value = await work();
    return this.#left === 0 ? this.#die() : value;
  }

  #die(): Promise<never> {
    this.dead = true;
    return new Promise(() => undefined);
  }
}
