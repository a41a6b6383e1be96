import type { Digest } from "../alert/digest.ts";
import type { LedgerEntry } from "../alert/ledger.ts";
import { receiptSentence, type Mute, type Receipt } from "../alert/mute.ts";
import type { Proposal } from "../alert/proposal.ts";
import type { TestResult } from "../alert/verbs.ts";
import { formatTime, SECOND_MS, type EpochMs } from "../log/time.ts";

function time(timeMs: EpochMs | null): string | null {
  return timeMs === null ? null : formatTime(timeMs);
}

/** A mute as JSON. */
export function muteView(mute: Mute) {
  const { kind, value, environment } = mute.target;
  return {
    id: mute.id,
    kind: mute.kind,
    target: { kind, value, environment },
    starts_at: formatTime(mute.startsAtMs),
    until: time(mute.untilMs),
    reason: mute.reason,
    by: mute.by.name,
    created_at: formatTime(mute.createdAtMs),
    hidden: mute.hidden,
    ended:
      mute.ended === null
        ? null
        : { at: formatTime(mute.ended.atMs), by: mute.ended.by, reason: mute.ended.reason },
  };
}

/** A receipt as JSON. */
export function receiptView(receipt: Receipt) {
  return {
    days: receipt.days,
    alerts: receipt.alerts,
    marked_real: receipt.markedReal,
    marked_noise: receipt.markedNoise,
    critical: receipt.critical,
    examples: [...receipt.examples],
    sentence: receiptSentence(receipt),
  };
}

function tallyView({ alerts, markedReal, markedNoise }: Proposal["replay"]["before"]) {
  return { alerts, marked_real: markedReal, marked_noise: markedNoise };
}

/** A proposal as JSON. */
export function proposalView(proposal: Proposal) {
  const { change, replay } = proposal;
  const { kind, value, environment } = change.target;
  return {
    id: proposal.id,
    anomaly_id: proposal.alertId,
    change: {
      kind: change.kind,
      target: { kind, value, environment },
      duration_seconds: change.kind === "mute" ? change.durationMs / SECOND_MS : null,
    },
    receipt: receiptView(proposal.receipt),
    replay: { days: replay.days, before: tallyView(replay.before), after: tallyView(replay.after) },
    status: proposal.status,
    by: proposal.by.name,
    at: formatTime(proposal.atMs),
    decided_by: proposal.decidedBy,
    decided_at: time(proposal.decidedAtMs),
    mute: proposal.muteId,
  };
}

/** One line of the ledger of silence as JSON. */
export function ledgerView(entry: LedgerEntry) {
  return {
    environment: entry.environment,
    service: entry.service,
    category: entry.category,
    pattern: entry.pattern,
    severity: entry.severity,
    observed: entry.observed,
    expected: entry.expected,
    gate: entry.gate,
    reason: entry.reason,
    anomaly_id: entry.alertId,
    first_at: formatTime(entry.firstAtMs),
    last_at: formatTime(entry.lastAtMs),
    count: entry.count,
  };
}

/** A digest as JSON. */
export function digestView(digest: Digest) {
  const mean = digest.meanTimeToAcknowledgeMs;
  return {
    from: formatTime(digest.fromMs),
    to: formatTime(digest.toMs),
    opened: digest.opened,
    by_severity: { ...digest.bySeverity },
    by_category: digest.byCategory.map((noisy) => ({ ...noisy })),
    still_open: digest.stillOpen,
    acknowledged: digest.acknowledged,
    mean_seconds_to_acknowledge: mean === null ? null : mean / SECOND_MS,
    marked_real: digest.markedReal,
    marked_noise: digest.markedNoise,
    hidden: digest.hidden,
    analyses: digest.analyses === undefined ? null : { ...digest.analyses },
    more_than: digest.cutAt ?? null,
    noisiest_services: digest.noisiestServices.map((noisy) => ({ ...noisy })),
    noisiest_patterns: digest.noisiestPatterns.map((noisy) => ({ ...noisy })),
    muted: digest.muted.map(({ id, what, untilMs }) => ({ id, what, until: time(untilMs) })),
  };
}

export function testResultView(result: TestResult) {
  const { notifier, to, delivered, reason } = result;
  return { notifier, to, delivered, reason };
}
