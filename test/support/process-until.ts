import { setTimeout as delay } from "node:timers/promises";

const PROBE_EVERY_MS = 50;

/** Thrown by a probe that can never find it any more: waiting ends at once. */
export class Hopeless extends Error {}

/**
 * What `probe` finds, as soon as it finds it: null and undefined mean "not yet", and so does a throw, which is shown
 * when the deadline passes.
 */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | null | undefined> | T | null | undefined,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== null && found !== undefined) return found;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
    }
    await delay(PROBE_EVERY_MS);
  }
}

/** True when `holds` stayed true for all of `forMs`; for "exactly one, and no second one comes". */
export async function staysTrue(forMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + forMs;
  while (performance.now() < deadlineMs) {
    if (!(await holds())) return false;
    await delay(PROBE_EVERY_MS);
  }
  return holds();
}
