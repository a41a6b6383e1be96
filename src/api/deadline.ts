import type { Clock } from "../clock.ts";

/** What `read` gives in time, else null: whether it was late or failed makes no difference to who asked. */
export async function withinMs<T>(
  clock: Clock,
  timeoutMs: number,
  read: () => T | Promise<T>,
): Promise<T | null> {
  const timer = new AbortController();
  const late = clock.sleep(timeoutMs, timer.signal).then(() => null);
  try {
    return await Promise.race([read(), late]);
  } catch {
    return null;
  } finally {
    timer.abort();
  }
}
