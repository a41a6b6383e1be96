import type { Clock } from "../clock.ts";
import { isTimeout, withDeadline } from "../deadline.ts";

/** Runs `work` and returns its value, or "timeout" once `timeoutMs` have passed, whether it heeds the signal or not. */
export async function underDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
): Promise<T | "timeout"> {
  try {
    return await withDeadline(work, { timeoutMs, clock });
  } catch (error) {
    if (isTimeout(error)) return "timeout";
    throw error;
  }
}
