import type { DetectorName, Finding } from "../anomaly/finding.ts";
import type { EpochMs } from "../log/time.ts";
import type { Grid } from "../window/grid.ts";

/** Steps without a sign of it after which an open finding is over. */
const QUIET_STEPS = 10;
/** What looks at few steps by itself is over sooner: what comes back then is another one. */
const QUIET_STEPS_OF: Partial<Record<DetectorName, number>> = { trace_gap: 2 };
/** Steps after which one that was seen once is forgotten. */
const PENDING_STEPS = 2;

/** One finding over time. */
export interface Tracked {
  readonly key: string;
  /** At its worst. */
  peak: Finding;
  newest: Finding;
  readonly firstMs: EpochMs;
  lastMs: EpochMs;
  state: "pending" | "open" | "closed";
  /** Of the alert that tells of it; null where a gate stopped it. */
  alertId: string | null;
}

export interface Movements {
  readonly confirmed: readonly Tracked[];
  /** Open ones that were seen again. */
  readonly seen: readonly Tracked[];
  /** Open ones that are over. */
  readonly closed: readonly Tracked[];
  /** Seen once and never again. */
  readonly dropped: readonly Tracked[];
}

/** Pending, open, closed: what was seen once must be seen again a step later, what is open must stay away to close. */
export class Confirmation {
  readonly #grid: Grid;
  readonly #tracked = new Map<string, Tracked>();

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  isOpen(key: string): boolean {
    return this.#tracked.get(key)?.state === "open";
  }

  open(): readonly Tracked[] {
    return [...this.#tracked.values()].filter(({ state }) => state === "open");
  }

  all(): readonly Tracked[] {
    return [...this.#tracked.values()];
  }

  restore(tracked: readonly Tracked[]): void {
    for (const one of tracked) this.#tracked.set(one.key, one);
  }

  /** Time in which nothing could be seen: what is open stays open, what waits goes on waiting. */
  hold(unseenMs: number): void {
    for (const tracked of this.#tracked.values()) tracked.lastMs += unseenMs;
  }

  /** What it found is how things are now. */
  end(key: string): void {
    const tracked = this.#tracked.get(key);
    if (tracked !== undefined) tracked.state = "closed";
    this.#tracked.delete(key);
  }

  judge(findings: readonly Finding[], nowMs: EpochMs): Movements {
    const confirmed: Tracked[] = [];
    const seen: Tracked[] = [];
    for (const finding of findings) {
      const known = this.#track(finding, nowMs);
      if (known === null) continue;
      if (known.state === "open") {
        seen.push(known);
        continue;
      }
      if (!finding.immediate && nowMs - known.firstMs < this.#grid.stepMs) continue;
      known.state = "open";
      confirmed.push(known);
    }
    return { confirmed, seen, ...this.#expire(nowMs) };
  }

  #track(finding: Finding, nowMs: EpochMs): Tracked | null {
    const known = this.#tracked.get(finding.key);
    if (known === undefined) {
      if (finding.weak) return null;
      const { key } = finding;
      const added: Tracked = {
        key,
        peak: finding,
        newest: finding,
        firstMs: nowMs,
        lastMs: nowMs,
        state: "pending",
        alertId: null,
      };
      this.#tracked.set(key, added);
      return added;
    }
    known.lastMs = nowMs;
    known.newest = finding;
    if (finding.score > known.peak.score) known.peak = { ...finding, onsetMs: known.peak.onsetMs };
    return known;
  }

  #expire(nowMs: EpochMs): Pick<Movements, "closed" | "dropped"> {
    const closed: Tracked[] = [];
    const dropped: Tracked[] = [];
    for (const tracked of this.#tracked.values()) {
      const steps = (nowMs - tracked.lastMs) / this.#grid.stepMs;
      const quiet = QUIET_STEPS_OF[tracked.newest.detector] ?? QUIET_STEPS;
      if (steps < (tracked.state === "open" ? quiet : PENDING_STEPS)) continue;
      this.#tracked.delete(tracked.key);
      (tracked.state === "open" ? closed : dropped).push(tracked);
      tracked.state = "closed";
    }
    return { closed, dropped };
  }
}
