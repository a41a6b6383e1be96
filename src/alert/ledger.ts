import type { Severity } from "../anomaly/anomaly.ts";
import type { EpochMs } from "../log/time.ts";

/**
 * What stops a finding from reaching people. `gate`: the detector's own conditions, such as warm-up or doubt; `budget`:
 * it stays below the threshold that the budget of false alerts sets; `delivery`: nobody took the message.
 */
export const GATES = ["gate", "cooldown", "mute", "budget", "shadow", "snooze", "storm", "delivery"] as const;
export type Gate = (typeof GATES)[number];

/** Something that was seen and not sent, and why. */
export interface SilencedFinding {
  readonly environment: string;
  /** null: about all services together. */
  readonly service: string | null;
  /** A detector's category; a detector may name more than alerts know. */
  readonly category: string;
  readonly pattern: string | null;
  readonly severity: Severity | null;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly gate: Gate;
  /** One sentence, with the numbers; never received text. */
  readonly reason: string;
  /** The alert that it joined, or that was hidden. */
  readonly alertId: string | null;
  readonly atMs: EpochMs;
}

/** Findings of one kind that one gate stopped, as they are stored. */
export interface LedgerEntry extends Omit<SilencedFinding, "atMs"> {
  readonly firstAtMs: EpochMs;
  readonly lastAtMs: EpochMs;
  readonly count: number;
}

/** Takes note at once and stores in its own time; never throws, never waits. */
export interface FindingLedger {
  record(finding: SilencedFinding): void;
}

export interface LedgerQuery {
  readonly service?: string;
  readonly environment?: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** 1 to 200. */
  readonly limit: number;
}

/** For whoever keeps no ledger, such as a replay. */
export const NO_LEDGER: FindingLedger = { record: () => undefined };

/** Repeats within this time are one entry with a count. */
export const LEDGER_PANE_MS = 10 * 60_000;

/** An index takes keys of some 2,700 bytes; text that differs only behind this is one entry. */
const MAX_KEY_PART = 120;

/** Entries with the same key are one. */
export function ledgerKey(finding: SilencedFinding): string {
  const { environment, service, category, pattern, gate, alertId, atMs } = finding;
  const pane = Math.floor(atMs / LEDGER_PANE_MS);
  return [environment, service ?? "", category, pattern ?? "", gate, alertId ?? "", pane]
    .map((part) => String(part).slice(0, MAX_KEY_PART))
    .join("\u001f");
}

/** A finding as the entry that it begins. */
export function entryOf({ atMs, ...said }: SilencedFinding): LedgerEntry {
  return { ...said, firstAtMs: atMs, lastAtMs: atMs, count: 1 };
}

/** Two entries of one key: the newest reason and the largest value are kept. */
export function joined(before: LedgerEntry | undefined, entry: LedgerEntry): LedgerEntry {
  if (before === undefined) return entry;
  return {
    ...entry,
    observed: larger(before.observed, entry.observed),
    firstAtMs: Math.min(before.firstAtMs, entry.firstAtMs),
    lastAtMs: Math.max(before.lastAtMs, entry.lastAtMs),
    count: before.count + entry.count,
  };
}

function larger(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
