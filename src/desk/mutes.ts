import type { Logger } from "pino";
import type { Alert } from "../alert/alert.ts";
import { SYSTEM, type Actor, type AlertChange } from "../alert/event.ts";
import type { FindingLedger } from "../alert/ledger.ts";
import type { MuteRepository, NewMute } from "../alert/life-repository.ts";
import {
  decideMute,
  describeTarget,
  isExpired,
  isRunning,
  RECEIPT_DAYS,
  receiptFor,
  type Mute,
  type MuteRequest,
  type MuteTarget,
} from "../alert/mute.ts";
import type { AlertRepository } from "../alert/repository.ts";
import { newFindings, silencedAnomaly } from "../alert/silenced.ts";
import { summaryOf, type AlertSummary } from "../alert/summary.ts";
import type { MuteOutcome, MuteVerbs, PreviewOutcome, UnmuteOutcome } from "../alert/verbs.ts";
import type { Clock } from "../clock.ts";
import { describeDuration } from "../log/duration.ts";
import { DAY_MS, formatTime, type EpochMs } from "../log/time.ts";
import { orUnavailable, UNAVAILABLE } from "./ask.ts";

export interface MuteBookOptions {
  readonly repository: MuteRepository;
  readonly alerts: AlertRepository;
  readonly ledger: FindingLedger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly isUnavailable: (error: unknown) => boolean;
  /** The mutes have changed: unresolved alerts are looked at again. */
  readonly changed: () => void;
}

/** Alerts that a receipt looks at. */
const MAX_HISTORY = 10_000;
/** Mutes that may stand at the same time. */
const MAX_MUTES = 1_000;
export const MAX_MUTE_MS = 365 * DAY_MS;
const MAX_TARGET = 2_000;
const MAX_REASON = 500;

interface Refusal {
  readonly kind: "refused";
  readonly message: string;
}

function refused(message: string): Refusal {
  return { kind: "refused", message };
}

/** The mutes as the desk asks for them: in memory, stored as they change. */
export class MuteBook implements MuteVerbs {
  readonly #options: MuteBookOptions;
  readonly #mutes = new Map<string, Mute>();
  /** Counts and endings that the database does not know yet. */
  readonly #unsaved = new Set<string>();

  constructor(options: MuteBookOptions) {
    this.#options = options;
  }

  /** Throws when the database is out of reach. */
  async start(): Promise<void> {
    for (const mute of await this.#options.repository.unended()) this.#mutes.set(mute.id, mute);
  }

  /** A mute that was made elsewhere, as by an approval. */
  adopt(mute: Mute): void {
    this.#mutes.set(mute.id, mute);
    this.#options.changed();
  }

  /** What the mutes make of an alert that is about to be `after`; `before` is null for one that opens. */
  muting(before: Alert | null, after: Alert, nowMs: EpochMs): readonly AlertChange[] {
    if (after.status === "resolved" || after.shadow) return [];
    const woken: string[] = [];
    for (;;) {
      const decision = decideMute(summaryOf(after), this.#running(), nowMs);
      if (decision.kind === "muted") return this.#hide(before, after, decision.mute, nowMs);
      if (decision.kind === "told") return this.#tell(after, woken, nowMs);
      const { id, target } = decision.mute;
      woken.push(`The mute ${id} of ${describeTarget(target)} has ended early: ${decision.reason}.`);
      this.#end(id, nowMs, SYSTEM.name, `woken: ${decision.reason}`);
    }
  }

  /** Ends what has run out, and stores what could not be stored before. */
  async sweep(): Promise<void> {
    const nowMs = this.#options.clock.now();
    const over = [...this.#mutes.values()].filter((mute) => isExpired(mute, nowMs));
    for (const { id } of over) this.#end(id, nowMs, SYSTEM.name, "expired");
    await this.#save();
  }

  async previewMute(target: MuteTarget): Promise<PreviewOutcome> {
    const complaint = targetComplaint(target);
    if (complaint !== null) return refused(complaint);
    const history = await this.history();
    return history === "unavailable"
      ? UNAVAILABLE
      : {
          kind: "receipt",
          receipt: receiptFor(target, history, coveredDays(history, this.#options.clock.now())),
        };
  }

  async mute(request: MuteRequest, actor: Actor): Promise<MuteOutcome> {
    const nowMs = this.#options.clock.now();
    const complaint = requestComplaint(request, nowMs) ?? this.#full();
    if (complaint !== null) return refused(complaint);
    const history = await this.history();
    if (history === "unavailable") return UNAVAILABLE;
    const receipt = receiptFor(request.target, history, coveredDays(history, nowMs));
    const planned = request.startsAtMs !== null;
    const made = await this.#add({
      kind: planned ? "maintenance" : "mute",
      target: request.target,
      startsAtMs: request.startsAtMs ?? nowMs,
      untilMs: request.untilMs,
      reason: request.reason,
      by: actor,
      createdAtMs: nowMs,
      accepted: planned ? null : receipt.accepted,
    });
    return made === "unavailable" ? UNAVAILABLE : { kind: "done", mute: made, receipt };
  }

  async unmute(muteId: string, actor: Actor): Promise<UnmuteOutcome> {
    const { repository, clock } = this.#options;
    const nowMs = clock.now();
    const known = this.#mutes.get(muteId) ?? (await this.#ask(() => repository.get(muteId)));
    if (known === "unavailable") return UNAVAILABLE;
    if (known === null) return { kind: "not_found" };
    if (known.ended !== null) return alreadyEnded(known, nowMs);
    const ending = { atMs: nowMs, by: actor.name, reason: "by hand" };
    const ended = await this.#ask(() => repository.end(muteId, ending));
    if (ended === "unavailable") return UNAVAILABLE;
    if (ended === null) return { kind: "not_found" };
    this.#mutes.set(muteId, ended);
    if (ended.ended?.by !== actor.name || ended.ended.atMs !== nowMs) return alreadyEnded(ended, nowMs);
    this.#options.changed();
    return { kind: "done", mute: ended };
  }

  async mutes(): Promise<readonly Mute[]> {
    const nowMs = this.#options.clock.now();
    return this.#running()
      .filter((mute) => !isExpired(mute, nowMs))
      .toSorted((a, b) => (a.untilMs ?? Infinity) - (b.untilMs ?? Infinity));
  }

  /** The alerts of the last 30 days. */
  history(): Promise<readonly AlertSummary[] | "unavailable"> {
    const nowMs = this.#options.clock.now();
    return this.#ask(() =>
      this.#options.alerts.between(nowMs - RECEIPT_DAYS * DAY_MS, nowMs + 1, MAX_HISTORY),
    );
  }

  #running(): readonly Mute[] {
    return [...this.#mutes.values()].filter(({ ended }) => ended === null);
  }

  #full(): string | null {
    return this.#running().length >= MAX_MUTES ? `More than ${MAX_MUTES} mutes are too many.` : null;
  }

  #hide(before: Alert | null, after: Alert, mute: Mute, nowMs: EpochMs): readonly AlertChange[] {
    const known = after.mutedBy === mute.id && after.mutedUntilMs === mute.untilMs;
    if (before === null) {
      this.#mutes.set(mute.id, { ...mute, hidden: mute.hidden + 1 });
      this.#unsaved.add(mute.id);
    }
    const until = mute.untilMs === null ? "until somebody ends it" : `until ${formatTime(mute.untilMs)}`;
    const reason = `muted by ${mute.by.name} ${until} (${mute.id})`;
    for (const anomaly of known ? newFindings(before, after) : after.anomalies)
      this.#options.ledger.record(silencedAnomaly(anomaly, "mute", reason, nowMs, after.id));
    if (known) return [];
    return [{ type: "muted", mute: mute.id, untilMs: mute.untilMs, opening: before === null }];
  }

  #tell(after: Alert, woken: readonly string[], nowMs: EpochMs): readonly AlertChange[] {
    if (after.mutedBy === null)
      return woken.length === 0 ? [] : [{ type: "unmuted", reason: woken.join(" ") }];
    if (woken.length > 0) return [{ type: "unmuted", reason: woken.join(" ") }];
    const mute = this.#mutes.get(after.mutedBy);
    const runs = mute !== undefined && isRunning(mute, nowMs);
    const reason = runs
      ? `This is about more than the mute ${mute.id} of ${describeTarget(mute.target)}.`
      : `The mute ${after.mutedBy} is over.`;
    return [{ type: "unmuted", reason }];
  }

  #end(id: string, atMs: EpochMs, by: string, reason: string): void {
    const mute = this.#mutes.get(id);
    if (mute === undefined || mute.ended !== null) return;
    this.#mutes.set(id, { ...mute, ended: { atMs, by, reason } });
    this.#unsaved.add(id);
    this.#options.log.info({ mute: id, reason }, "a mute has ended");
    this.#options.changed();
  }

  async #add(mute: NewMute): Promise<Mute | "unavailable"> {
    const made = await this.#ask(() => this.#options.repository.add(mute));
    if (made !== "unavailable") this.adopt(made);
    return made;
  }

  async #save(): Promise<void> {
    const { repository } = this.#options;
    for (const id of this.#unsaved) {
      const mute = this.#mutes.get(id);
      if (mute === undefined) continue;
      const { ended, hidden } = mute;
      const saved = await this.#ask(async () => {
        await repository.hid(id, hidden);
        return ended === null ? null : repository.end(id, ended);
      });
      if (saved === "unavailable") return;
      if (this.#mutes.get(id) === mute) this.#unsaved.delete(id);
      if (ended !== null) this.#mutes.delete(id);
    }
  }

  #ask<T>(question: () => Promise<T>): Promise<T | "unavailable"> {
    return orUnavailable(this.#options.isUnavailable, question);
  }
}

/** As far back as the history goes: of very many alerts only the newest are looked at, and the receipt says so. */
export function coveredDays(history: readonly AlertSummary[], nowMs: EpochMs): number {
  const oldestMs = history.length < MAX_HISTORY ? null : (history.at(-1)?.detectedAtMs ?? null);
  return oldestMs === null ? RECEIPT_DAYS : Math.max(1, Math.floor((nowMs - oldestMs) / DAY_MS));
}

function alreadyEnded({ id, ended }: Mute, nowMs: EpochMs): UnmuteOutcome {
  const by = ended?.by ?? SYSTEM.name;
  const atMs = ended?.atMs ?? nowMs;
  const message = `${id} was already ended by ${by} ${describeDuration(nowMs - atMs)} ago.`;
  return { kind: "refused", message, won: { by, atMs } };
}

function targetComplaint({ value, environment }: MuteTarget): string | null {
  const long = value.length > MAX_TARGET || (environment?.length ?? 0) > MAX_TARGET;
  if (value.trim() === "" || long) return `What is muted needs a name of 1 to ${MAX_TARGET} characters.`;
  return null;
}

function requestComplaint(request: MuteRequest, nowMs: EpochMs): string | null {
  const { target, startsAtMs, untilMs, reason } = request;
  const fromMs = Math.max(startsAtMs ?? nowMs, nowMs);
  if (untilMs <= fromMs) return "A mute must end after it starts, and in the future.";
  if (untilMs - nowMs > MAX_MUTE_MS) return `A mute ends within ${MAX_MUTE_MS / DAY_MS} days.`;
  if ((reason?.length ?? 0) > MAX_REASON) return `A reason has at most ${MAX_REASON} characters.`;
  return targetComplaint(target);
}
