import type { Clock } from "./clock.ts";

export interface Deadline {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Ends the work earlier. */
  readonly signal?: AbortSignal;
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
}

/**
 * Runs `work` until it settles, the time is up or the signal aborts, whether it heeds the signal or not. Rejects with
 * a `TimeoutError` once the time is up, with the signal's own reason once that aborts, else as `work` does.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, clock, signal }: Deadline,
): Promise<T> {
  const deadline = new AbortController();
  const ended = new AbortController();
  const stop = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  const stopped = new Promise<never>((_resolve, reject) => {
    if (stop.aborted) reject(reasonOf(stop));
    stop.addEventListener("abort", () => reject(reasonOf(stop)), { once: true, signal: ended.signal });
  });
  void clock.sleep(timeoutMs, ended.signal).then(() => {
    if (!ended.signal.aborted) deadline.abort(new DOMException("out of time", "TimeoutError"));
  });
  try {
    return await Promise.race([work(stop), stopped]);
  } catch (error) {
    throw stop.aborted ? reasonOf(stop) : error;
  } finally {
    ended.abort();
  }
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
