import type { Clock } from "../clock.ts";
import { withDeadline } from "../deadline.ts";

/** What `read` gives in time, else null: whether it was late or failed makes no difference to who asked. */
export async function withinMs<T>(
  clock: Clock,
  timeoutMs: number,
  read: () => T | Promise<T>,
): Promise<T | null> {
  try {
    return await withDeadline(async () => read(), { timeoutMs, clock });
  } catch {
    return null;
  }
}
