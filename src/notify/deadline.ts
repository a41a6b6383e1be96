import type { Clock } from "../clock.ts";

/** Runs `work` and returns its value, or "timeout" once `deadlineMs` have passed, whether it heeds the signal or not. */
export async function underDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  deadlineMs: number,
  clock: Clock,
): Promise<T | "timeout"> {
  const deadline = new AbortController();
  const finished = new AbortController();
  const timeout = clock.sleep(deadlineMs, finished.signal).then((): "timeout" => {
    if (!finished.signal.aborted) deadline.abort();
    return "timeout";
  });
  try {
    return await Promise.race([work(deadline.signal), timeout]);
  } finally {
    finished.abort();
  }
}
