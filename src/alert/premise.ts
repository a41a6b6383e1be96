import type { Finding, Look } from "../anomaly/finding.ts";
import type { SeriesModel } from "../baseline/series-model.ts";

/** This share of an environment's services quiet at once, and at least so many, is their common source. */
const SOURCE_SHARE = 0.5;
const MIN_SILENT = 3;

export interface Premise {
  readonly kept: readonly Finding[];
  /** With the reason in words. */
  readonly stopped: readonly (readonly [finding: Finding, reason: string])[];
}

/** Before anybody is told: is it the service, or the way its records come to us? */
export function premiseOf(findings: readonly Finding[], models: readonly SeriesModel[], look: Look): Premise {
  if (findings.length === 0) return { kept: findings, stopped: [] };
  const kept: Finding[] = [];
  const stopped: [Finding, string][] = [];
  const sourceStopped = isSourceStopped(models, look);
  const late = new Set(models.filter((model) => isLate(model, look)).map(({ key }) => key));
  for (const finding of findings) {
    const isLateSeries = late.has(finding.seriesKey);
    const reason = usual(finding, look) ?? doubt(finding, sourceStopped, isLateSeries);
    if (reason === null) kept.push(finding);
    else stopped.push([finding, reason]);
  }
  return { kept, stopped };
}

function isSourceStopped(models: readonly SeriesModel[], { nowMs, grid }: Look): boolean {
  const recent = models.filter(({ lastMs }) => nowMs - lastMs < 24 * grid.bucketMs);
  const busy = recent.filter(({ counts }) => counts.mean >= 2);
  const silent = busy.filter(({ lastMs }) => nowMs - lastMs >= grid.stepMs);
  return silent.length >= MIN_SILENT && silent.length >= SOURCE_SHARE * busy.length;
}

/** Its records come, but too late to be counted: on their way too long, or under a clock that is wrong. */
function isLate({ lateMs }: SeriesModel, { nowMs, grid }: Look): boolean {
  return nowMs - lateMs <= 2 * grid.bucketMs;
}

/** The rank gate. What is open goes on. */
function usual({ usual: isUsual, key }: Finding, look: Look): string | null {
  return isUsual === true && !look.isOpen(key) ? "as far off on several days of the last week" : null;
}

const FEWER: ReadonlySet<Finding["category"]> = new Set(["silence", "volume_drop", "pattern_drop"]);

function doubt({ category }: Finding, sourceStopped: boolean, isLateSeries: boolean): string | null {
  if (!FEWER.has(category)) return null;
  if (sourceStopped) return "most services went quiet together: their source or the way to us stopped";
  return isLateSeries ? "its records come too late to be counted: delayed, or under a wrong clock" : null;
}
