import type { DetectorName } from "../anomaly/finding.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";
import type { Tracked } from "./confirm.ts";

const REMEMBERED_MS = 7 * DAY_MS;
/** Something must be worse than all but the two worst of the last week. */
const RANK = 3;
const MAX_PEAKS = 16;
/** Errors are never told less because they were told before. */
const RANKED: ReadonlySet<DetectorName> = new Set([
  "volume",
  "silence",
  "pattern_rate",
  "warning_share",
  "trace_gap",
]);

interface Peak {
  readonly atMs: EpochMs;
  /** Goes on rising while it is followed. */
  readonly tracked: { readonly peak: { readonly score: number } };
}

/** A peak's finding by `indexOf`, or, where it is over, its score. */
type PeakJson = readonly [atMs: EpochMs, index: number | null, score: number | null];
export type RecurringJson = readonly (readonly [key: string, peaks: readonly PeakJson[]])[];

/** The rank gate: what came as strongly several times in a week is how this series is. */
export class Recurring {
  readonly #peaks = new Map<string, Peak[]>();

  /** True where it has to stay below the worst of the last week; remembers it either way. */
  isUsual(tracked: Tracked, nowMs: EpochMs): boolean {
    const { detector, category, seriesKey, score } = tracked.newest;
    if (!RANKED.has(detector)) return false;
    const key = `${category}\u001f${seriesKey}`;
    const known = (this.#peaks.get(key) ?? []).filter(({ atMs }) => nowMs - atMs < REMEMBERED_MS);
    const stronger = known.filter((peak) => peak.tracked.peak.score >= score).length;
    known.push({ atMs: nowMs, tracked });
    this.#peaks.set(key, known.slice(-MAX_PEAKS));
    return stronger >= RANK;
  }

  /** `indexOf`: of a finding that is stored by itself; -1 of one that is over. */
  toJson(indexOf: (tracked: Peak["tracked"]) => number): RecurringJson {
    return Array.from(this.#peaks, ([key, peaks]) => [
      key,
      peaks.map(({ atMs, tracked }): PeakJson => {
        const index = indexOf(tracked);
        return index < 0 ? [atMs, null, tracked.peak.score] : [atMs, index, null];
      }),
    ]);
  }

  restore(json: RecurringJson, tracked: readonly Tracked[]): void {
    for (const [key, peaks] of json) {
      const known = peaks.map(([atMs, index, score]): Peak => {
        const live = index === null ? undefined : tracked[index];
        return { atMs, tracked: live ?? { peak: { score: score ?? Infinity } } };
      });
      this.#peaks.set(key, known);
    }
  }
}
