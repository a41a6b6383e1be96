import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { DAY_MS } from "../log/time.ts";
import { purge } from "../store/retention.ts";
import { isUnavailable } from "../store/store-error.ts";
import type { Storage } from "./storage.ts";

export interface ForgetPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the retention time is over for goes, some of it at a time. */
export async function forget(
  { database, baseline }: Config,
  { storage, clock, log }: ForgetPorts,
): Promise<void> {
  const nowMs = clock.now();
  try {
    await purge(storage.database, {
      alertsBeforeMs: nowMs - database.retentionMs,
      examplesBeforeMs: nowMs - Math.min(database.evidenceRetentionMs ?? Infinity, database.retentionMs),
      baselinesBeforeMs: nowMs - baseline.ttlMs,
      // What a busy series stores says when it was last seen to the hour only.
      learnedBeforeMs: nowMs - Math.max(database.retentionMs, DAY_MS),
      nowMs,
    });
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    log.debug("the database is away: old alerts stay for now");
  }
}
