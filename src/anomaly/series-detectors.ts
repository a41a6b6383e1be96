import type { SeriesModel } from "../baseline/series-model.ts";
import type { Finding, Look } from "./finding.ts";
import { novelty } from "./novelty.ts";
import { errorShare, warningShare } from "./share.ts";
import { silence } from "./silence.ts";
import { exceptionChange } from "./exception-change.ts";
import { traceGap } from "./trace-gap.ts";
import { volume } from "./volume.ts";

/** Adds what each detector that looks at one series alone has found. */
export function detectSeries(model: SeriesModel, findings: Finding[], look: Look): void {
  findings.push(...volume(model, look), ...errorShare(model, look), ...warningShare(model, look));
  const silent = silence(model, look);
  if (silent !== null) findings.push(silent);
  const exceptions = exceptionChange(model, look);
  if (exceptions !== null) findings.push(exceptions);
  const gap = traceGap(model, look);
  if (gap !== null) findings.push(gap);
  const flood = novelty(model, look);
  if (flood !== null) findings.push(flood);
}
