import type { SeriesModel } from "../baseline/series-model.ts";
import { DAY_MS, type EpochMs } from "../log/time.ts";

/** A service errs every day when it did so many times with nothing following; an environment, when these services do. */
const ERRING_TIMES = 3;
const ERRING_SHARE = 0.25;
/** Patterns that err at once, or records of one, that are company. */
const COMPANY_PATTERNS = 2;
const COMPANY_RECORDS = 3;

function firstDayEndsMs({ firstMs }: SeriesModel): EpochMs {
  return firstMs + DAY_MS;
}

/** Until when only what is plain is told of a series; null once its first day is over, or where it is not known. */
export function learningUntilMs(series: SeriesModel | undefined, nowMs: EpochMs): EpochMs | null {
  return series === undefined || nowMs >= firstDayEndsMs(series) ? null : firstDayEndsMs(series);
}

/**
 * Where errors come and go in many services, a lone one of a service that is hardly known is no news; where none err,
 * one is, from the first minutes on.
 */
export function needsCompany(series: SeriesModel, models: readonly SeriesModel[], nowMs: EpochMs): boolean {
  if (nowMs >= firstDayEndsMs(series)) return false;
  const erring = models.filter(({ erredAlone }) => erredAlone >= ERRING_TIMES).length;
  return erring >= ERRING_SHARE * models.length;
}

interface Erred {
  readonly count: number;
  readonly fatal: boolean;
  readonly pattern: { readonly episodes: number };
}

/** A pattern that came once or twice, or a few that came before: of this service, and `others` of services near it. */
export function isLone(own: readonly Erred[], others: number): boolean {
  if (own.some(({ fatal }) => fatal)) return false;
  const isNew = own.some(({ pattern }) => pattern.episodes === 0);
  const records = own.reduce((sum, { count }) => sum + count, 0);
  return (
    own.length + others < COMPANY_PATTERNS + (isNew ? 0 : 1) && records < COMPANY_RECORDS + (isNew ? 0 : 1)
  );
}
