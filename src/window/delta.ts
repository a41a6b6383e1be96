import type { Series } from "../log/series.ts";
import type { SeverityNumber } from "../log/severity.ts";
import type { EpochMs } from "../log/time.ts";

/** What is known of an error template: when it was seen, and a few redacted lines of it. */
export interface TemplateSample {
  readonly template: string;
  firstSeenAtMs: EpochMs;
  lastSeenAtMs: EpochMs;
  /** The gravest seen. */
  severity: SeverityNumber;
  readonly examples: string[];
}

/** Records of one series in one pane. `levels` is indexed as `LEVELS`; `templates` counts error records only. */
export interface SeriesCounts {
  readonly series: Series;
  readonly levels: readonly number[];
  readonly templates: readonly (readonly [template: string, count: number])[];
  /** Of the templates that were new, or got a new example, in this pane. */
  readonly samples: readonly TemplateSample[];
}

/**
 * The cumulative counts of one (replica, epoch, pane). A later delta of the same three replaces the earlier, so
 * merging is commutative and idempotent. A pane without records still says that input came (`input`).
 */
export interface WindowDelta {
  readonly replica: string;
  /** When the counting process started: a restart counts from zero under a new epoch. */
  readonly epoch: EpochMs;
  readonly paneStartMs: EpochMs;
  /** Bumped with every change, so that an older delta never replaces a newer. */
  readonly version: number;
  readonly input: boolean;
  readonly late: number;
  readonly series: readonly SeriesCounts[];
}
