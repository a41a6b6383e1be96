import type { EpochMs } from "./log/time.ts";

/** The only reader of the time of day. Loops take their timers from here too, so that tests own both. */
export interface Clock {
  now(): EpochMs;
  /** Runs `fire` every `periodMs` until the returned function is called; never keeps the process alive. */
  every(periodMs: number, fire: () => void): () => void;
  /** Resolves after `delayMs`, or at once when `signal` aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every(periodMs, fire) {
    const timer = setInterval(fire, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
  sleep(delayMs, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
};
