import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import type { Actor, AlertChange } from "../alert/event.ts";
import type { TestResult, Verbs } from "../alert/verbs.ts";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { AlertDesk } from "../desk.ts";
import { AlertHandling } from "../desk/handling.ts";
import { SilenceLedger } from "../desk/ledger.ts";
import { MuteBook } from "../desk/mutes.ts";
import { Proposals } from "../desk/proposals.ts";
import { noteSnoozed } from "../desk/quiet.ts";
import { Reports } from "../desk/reports.ts";
import { Rounds } from "../desk/rounds.ts";
import { verbsOf } from "../desk/verbs.ts";
import type { EpochMs } from "../log/time.ts";
import { isUnavailable } from "../store/store-error.ts";
import type { Storage } from "./storage.ts";

export interface LifePorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly remindEveryMs: number;
  /** One clearly marked alert through every channel. */
  readonly tryChannels: (actor: Actor) => Promise<readonly TestResult[]>;
}

/** What surrounds the desk: mutes, proposals, the ledger of silence, reminders. */
export interface Life {
  readonly ledger: SilenceLedger;
  readonly muting: (before: Alert | null, after: Alert, nowMs: EpochMs) => readonly AlertChange[];
  /** Once the desk is there; reads the mutes. Throws while the database is away. */
  begin(desk: AlertDesk): Promise<{ readonly verbs: Verbs; readonly rounds: Rounds }>;
}

export function createLife(ports: LifePorts): Life {
  const { storage, clock, log, metrics } = ports;
  const { alerts } = storage;
  const known: { desk: AlertDesk | null } = { desk: null };
  const ledger = new SilenceLedger({
    repository: storage.ledger,
    isUnavailable,
    log,
    dropped: (count) => metrics.countDropped("ledger_full", count),
  });
  const mutes = new MuteBook({
    repository: storage.mutes,
    alerts,
    ledger,
    clock,
    log,
    isUnavailable,
    // Not within the decision that made the change: that one is not yet remembered.
    changed: () => queueMicrotask(() => known.desk?.reconsider(clock.now())),
  });
  const proposals = new Proposals({ repository: storage.mutes, mutes, clock, isUnavailable });
  const reports = new Reports({ alerts, ledger, mutes, isUnavailable, tryChannels: ports.tryChannels });
  return {
    ledger,
    muting: (before, after, nowMs) => {
      noteSnoozed(ledger, before, after, nowMs);
      return mutes.muting(before, after, nowMs);
    },
    begin: async (desk) => {
      await mutes.start();
      known.desk = desk;
      const handling = new AlertHandling(desk, (alert, actor) => proposals.propose(alert, actor));
      const { remindEveryMs } = ports;
      return {
        verbs: verbsOf({ alerts: desk, handling, mutes, proposals, reports }),
        rounds: new Rounds({ desk, mutes, ledger, clock, remindEveryMs }),
      };
    },
  };
}
