import type { Alert } from "../alert/alert.ts";
import type { Destination } from "../alert/route.ts";
import { formatIdTime, MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { Collective } from "./collective-box.ts";
import { MAX_STORM_ALERTS } from "./notifier.ts";
import type { Delivery } from "./outbox.ts";

/** A post that a storm could name, with where it would go. */
export interface Stormable {
  readonly post: Delivery;
  readonly alert: Alert;
  readonly to: Destination;
}

/** A storm is over when nothing joined it for so long; the next one begins a message of its own. */
export const STORM_LASTS_MS = 10 * MINUTE_MS;

/** Critical alerts never hide in a storm, nor does what may have its own message already. */
export function isStormable({ post, alert }: Pick<Stormable, "post" | "alert">): boolean {
  return post.kind === "post" && alert.severity !== "critical" && post.sendingSinceMs === null;
}

/** Are there more new alerts than `perMinute`, counting those told in the last minute? */
export function isStorm(waiting: number, toldLastMinute: number, perMinute: number): boolean {
  return perMinute > 0 && waiting > 0 && waiting + toldLastMinute > perMinute;
}

/** Which of `waiting`, all of one channel, go into the running storm, or into a new one where it has no room. */
export function joining(
  running: Collective | null,
  waiting: readonly Stormable[],
  channel: string | null,
  nowMs: EpochMs,
): { readonly id: string; readonly members: readonly Stormable[] } {
  const room = running === null ? 0 : MAX_STORM_ALERTS - running.alertIds.length;
  if (running !== null && room > 0) return { id: running.id, members: waiting.slice(0, room) };
  // Two channels may begin a storm in the same second.
  const place = channel === null ? "" : `_${channel.replaceAll(/[^A-Za-z0-9]/g, "-")}`;
  const base = `storm_${formatIdTime(nowMs)}${place}`;
  const id = running === null || !running.id.startsWith(base) ? base : nextStormId(running.id, base);
  return { id, members: waiting.slice(0, MAX_STORM_ALERTS) };
}

function nextStormId(id: string, base: string): string {
  const suffix = id === base ? 1 : Number(id.slice(base.length + 1));
  return `${base}_${suffix + 1}`;
}
