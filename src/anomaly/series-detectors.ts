import type { SeriesModel } from "../baseline/series-model.ts";
import type { Finding, Look } from "./finding.ts";
import { novelty } from "./novelty.ts";
import { errorShare, warningShare } from "./share.ts";
import { patternRates } from "./pattern-rate.ts";
import { silence } from "./silence.ts";
import { exceptionChange } from "./exception-change.ts";
import { traceGaps } from "./trace-gap.ts";
import { volume } from "./volume.ts";

/** Adds what each detector that looks at one series alone has found. */
export function detectSeries(model: SeriesModel, findings: Finding[], look: Look): void {
  findings.push(...volume(model, look), ...errorShare(model, look), ...warningShare(model, look));
  const silent = silence(model, look);
  if (silent !== null) findings.push(silent);
  const exceptions = exceptionChange(model, look);
  if (exceptions !== null) findings.push(exceptions);
  const flood = novelty(model, look);
  if (flood !== null) findings.push(flood);
}

/** What detectors that look at all series of an environment have found. */
export function detectAcross(models: readonly SeriesModel[], look: Look): Finding[] {
  return [...patternRates(models, look), ...traceGaps(models, look)];
}
