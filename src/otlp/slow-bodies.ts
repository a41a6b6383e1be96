import type { Clock } from "../clock.ts";

const SWEEP_MS = 1_000;
const PERIOD_MS = 10_000;
const MIN_BYTES_PER_PERIOD = 10 * 1024;

export interface BodyWatch {
  add(bytes: number): void;
  end(): void;
}

/** Whatever a body comes through. */
interface Carrier {
  destroy(): unknown;
}

interface Progress {
  sinceMs: number;
  bytes: number;
}

/**
 * Cuts connections whose body comes at less than 1 KiB/s over ten seconds: they would hold the byte budget. No
 * answer is sent, because a sender retries a lost connection but drops the batch on a 408.
 */
export class SlowBodies {
  readonly #clock: Clock;
  readonly #bodies = new Map<Carrier, Progress>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts the sweeps; returns what stops them. */
  start(): () => void {
    return this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  watch(request: Carrier): BodyWatch {
    const progress: Progress = { sinceMs: this.#clock.now(), bytes: 0 };
    this.#bodies.set(request, progress);
    return {
      add: (bytes) => {
        progress.bytes += bytes;
      },
      end: () => {
        this.#bodies.delete(request);
      },
    };
  }

  #sweep(): void {
    const nowMs = this.#clock.now();
    for (const [request, progress] of this.#bodies) {
      if (nowMs - progress.sinceMs < PERIOD_MS) continue;
      if (progress.bytes < MIN_BYTES_PER_PERIOD) {
        this.#bodies.delete(request);
        request.destroy();
      }
      progress.sinceMs = nowMs;
      progress.bytes = 0;
    }
  }
}
