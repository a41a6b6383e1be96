import type { Clock } from "../../src/clock.ts";

interface Timer {
  atMs: number;
  readonly periodMs: number | null;
  readonly fire: () => void;
}

/** Lets everything that is ready to run do so: promises first, then callbacks of finished I/O. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** Time stands still until a test moves it. Timers fire in order of their time, each with `now()` at that time. */
export class TestClock implements Clock {
  private readonly timers = new Set<Timer>();
  private nowMs: number;

  constructor(nowMs = Date.UTC(2024, 0, 15, 10, 30, 45)) {
    this.nowMs = nowMs;
  }

  now(): number {
    return this.nowMs;
  }

  /** Timers waiting; a loop that has ended leaves none. */
  get pending(): number {
    return this.timers.size;
  }

  /** When the next timer falls due; null where none waits. */
  get nextAtMs(): number | null {
    return this.next(Infinity)?.atMs ?? null;
  }

  every(periodMs: number, fire: () => void): () => void {
    return this.add({ atMs: this.nowMs + periodMs, periodMs, fire });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const remove = this.add({ atMs: this.nowMs + delayMs, periodMs: null, fire: resolve });
      const onAbort = (): void => {
        remove();
        resolve();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Moves time on by `ms`, firing what falls due; what a timer wakes may set timers that still fire. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    await settle();
    for (let next = this.next(endMs); next !== undefined; next = this.next(endMs)) {
      this.nowMs = Math.max(this.nowMs, next.atMs);
      if (next.periodMs === null) this.timers.delete(next);
      else next.atMs += next.periodMs;
      next.fire();
      await settle();
    }
    this.nowMs = endMs;
  }

  private add(timer: Timer): () => void {
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  private next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.atMs <= endMs && (first === undefined || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}
