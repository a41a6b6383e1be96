import { severityRank } from "../anomaly/anomaly.ts";
import type { Alert } from "../alert/alert.ts";
import type { AlertChange } from "../alert/event.ts";
import type { Clock } from "../clock.ts";
import type { AlertDesk } from "../desk.ts";
import type { EpochMs } from "../log/time.ts";
import type { SilenceLedger } from "./ledger.ts";
import type { MuteBook } from "./mutes.ts";

export interface RoundsOptions {
  readonly desk: AlertDesk;
  readonly mutes: MuteBook;
  readonly ledger: SilenceLedger;
  readonly clock: Clock;
  /** An unacknowledged critical alert is told again after so long, each time; 0: never. */
  readonly remindEveryMs: number;
}

/** People who have not answered so many reminders will not answer one more. */
export const MAX_REMINDERS = 12;

function isReminderDue(alert: Alert, nowMs: EpochMs, everyMs: number): boolean {
  const { severity, status, reminders, snoozedUntilMs, mutedBy, told, shadow, detectedAtMs } = alert;
  if (everyMs === 0 || status !== "open" || severityRank(severity) < severityRank("critical")) return false;
  if (shadow || !told || mutedBy !== null || snoozedUntilMs !== null) return false;
  if (reminders.count >= MAX_REMINDERS) return false;
  return nowMs - (reminders.lastAtMs ?? detectedAtMs) >= everyMs;
}

/** What is due on an alert by the passing of time alone. */
export function dueChanges(alert: Alert, nowMs: EpochMs, remindEveryMs: number): readonly AlertChange[] {
  if (alert.status === "resolved") return [];
  if (alert.snoozedUntilMs !== null && alert.snoozedUntilMs <= nowMs) return [{ type: "woken" }];
  return isReminderDue(alert, nowMs, remindEveryMs) ? [{ type: "reminded" }] : [];
}

/** Goes round every few seconds: mutes that end, snoozes that are over, criticals that nobody has acknowledged. */
export class Rounds {
  readonly #options: RoundsOptions;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { desk, mutes, ledger, clock, remindEveryMs } = this.#options;
    const nowMs = clock.now();
    for (const alert of desk.unresolved()) {
      const changes = dueChanges(alert, nowMs, remindEveryMs);
      if (changes.length > 0) desk.change(alert.id, changes, [], nowMs);
    }
    await mutes.sweep();
    // Also what starts by itself, such as a planned maintenance window.
    desk.reconsider(nowMs);
    await ledger.flush();
  }
}
