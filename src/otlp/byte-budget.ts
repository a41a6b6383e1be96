const TOTAL = 0;

/**
 * The bytes that all requests in flight may hold together, on the wire and unpacked, on whichever thread: its cells
 * are shared memory.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #cells: BigInt64Array<SharedArrayBuffer>;

  constructor(maxBytes: number, cells = ByteBudget.cellsFor(0)) {
    this.#maxBytes = maxBytes;
    this.#cells = cells;
  }

  /** All that is used, then of that what each of so many workers holds. */
  static cellsFor(workers: number): BigInt64Array<SharedArrayBuffer> {
    return new BigInt64Array(new SharedArrayBuffer((1 + workers) * BigInt64Array.BYTES_PER_ELEMENT));
  }

  get usedBytes(): number {
    return Number(Atomics.load(this.#cells, TOTAL));
  }

  /** `worker`, from 0: on whose account besides the total; null for the main thread. */
  lease(worker: number | null = null): ByteLease {
    let heldBytes = 0;
    const add = (bytes: number): number => {
      const change = BigInt(bytes);
      heldBytes += bytes;
      if (worker !== null) Atomics.add(this.#cells, 1 + worker, change);
      return Number(Atomics.add(this.#cells, TOTAL, change) + change);
    };
    return {
      limitBytes: this.#maxBytes,
      grow: (bytes) => {
        if (add(bytes) <= this.#maxBytes) return true;
        add(-bytes);
        return false;
      },
      shrink: (bytes) => {
        add(-bytes);
      },
      release: () => {
        add(-heldBytes);
      },
    };
  }

  /** Gives back what a worker held that is no more. */
  releaseWorker(worker: number): void {
    Atomics.sub(this.#cells, TOTAL, Atomics.exchange(this.#cells, 1 + worker, 0n));
  }
}

/** One request's share. */
export interface ByteLease {
  /** Of the whole budget: more than this no request gets, however idle everything else is. */
  readonly limitBytes: number;
  /** Takes more; false where the budget has no room for it. */
  readonly grow: (bytes: number) => boolean;
  /** Gives back some of what it took. */
  readonly shrink: (bytes: number) => void;
  readonly release: () => void;
}
