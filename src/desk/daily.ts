import type { ReportVerbs } from "../alert/verbs.ts";
import { DEFAULT_DESTINATION } from "../alert/route.ts";
import type { Clock } from "../clock.ts";
import { HOUR_MS } from "../log/duration.ts";
import { DAY_MS, formatIdTime, MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { CollectiveBox } from "../notify/collective-box.ts";
import { orUnavailable } from "./ask.ts";

export interface DailyOptions {
  readonly box: CollectiveBox;
  readonly reports: Pick<ReportVerbs, "digest">;
  readonly clock: Clock;
  /** Minutes after midnight, UTC. */
  readonly atMinutes: number;
  readonly isUnavailable: (error: unknown) => boolean;
  /** There is something to tell. */
  readonly wake: () => void;
}

/** A digest that was missed for longer, as after a first start in the afternoon, waits for the next day. */
const GRACE_MS = 3 * HOUR_MS;

/** `digest_20240115`: the day in whose morning it is told. */
export function digestId(atMs: EpochMs): string {
  return `digest_${formatIdTime(atMs).slice(0, 8)}`;
}

/** When today's digest is due; null before that time and long after it. */
export function dueDigest(nowMs: EpochMs, atMinutes: number): EpochMs | null {
  const atMs = Math.floor(nowMs / DAY_MS) * DAY_MS + atMinutes * MINUTE_MS;
  return nowMs >= atMs && nowMs - atMs < GRACE_MS ? atMs : null;
}

/** Makes the digest of the last day once a day, whatever is restarted in between. */
export class Daily {
  readonly #options: DailyOptions;
  #made: string | null = null;

  constructor(options: DailyOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { box, reports, clock, atMinutes, isUnavailable, wake } = this.#options;
    const atMs = dueDigest(clock.now(), atMinutes);
    if (atMs === null || this.#made === digestId(atMs)) return;
    const id = digestId(atMs);
    const digest = await reports.digest(atMs - DAY_MS, atMs);
    if (digest === "unavailable") return;
    const added = await orUnavailable(isUnavailable, () =>
      box.addDigest(id, digest, DEFAULT_DESTINATION, clock.now()),
    );
    if (added === "unavailable") return;
    this.#made = id;
    if (added) wake();
  }
}
