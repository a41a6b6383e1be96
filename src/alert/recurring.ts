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
  readonly tracked: Tracked;
}

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
}
