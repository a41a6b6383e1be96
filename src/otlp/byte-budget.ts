/** The bytes that all requests in flight may hold together, on the wire and unpacked. */
export class ByteBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  lease(): ByteLease {
    let held = 0;
    return {
      grow: (bytes) => {
        if (this.#usedBytes + bytes > this.#maxBytes) return false;
        this.#usedBytes += bytes;
        held += bytes;
        return true;
      },
      shrink: (bytes) => {
        this.#usedBytes -= bytes;
        held -= bytes;
      },
      release: () => {
        this.#usedBytes -= held;
        held = 0;
      },
    };
  }
}

/** One request's share. */
export interface ByteLease {
  /** Takes more; false where the budget has no room for it. */
  readonly grow: (bytes: number) => boolean;
  /** Gives back some of what it took. */
  readonly shrink: (bytes: number) => void;
  readonly release: () => void;
}
