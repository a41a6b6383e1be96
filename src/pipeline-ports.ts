import type { Alert } from "./alert/alert.ts";
import type { AlertBook } from "./alert/book.ts";
import type { ChangeBook } from "./alert/change.ts";
import type { Override } from "./alert/overrides.ts";
import type { FindingLedger } from "./alert/ledger.ts";
import type { WatchOptions } from "./alert/watch.ts";
import type { ClassicBaseline } from "./baseline/classic.ts";
import type { LearnerOptions } from "./baseline/learner.ts";
import type { EpochMs } from "./log/time.ts";
import type { AnnouncedChange } from "./window/recent.ts";
import type { RegisteredSeries } from "./window/registry.ts";
import type { WindowStats } from "./window/windows.ts";

export interface PipelineOptions extends WatchOptions, LearnerOptions {
  readonly bucketMs: number;
  /** This much continuous input before volume and services are judged. */
  readonly warmupMs: number;
  readonly maxServices: number;
  readonly replica: string;
  /** When this process began to count. */
  readonly epoch: EpochMs;
  /** False: lines are counted by their level alone, no template is made. */
  readonly mines?: boolean;
  /** Templates are handed out to be stored, and may be stored already. */
  readonly storesTemplates?: boolean;
  /** null or absent: the original rules alone. */
  readonly engine?: EngineSettings | null;
}

export interface EngineSettings {
  /** False alerts that people put up with per service and week. */
  readonly falseAlertBudget: number;
  /** Detectors or categories that are only watched. */
  readonly shadow: readonly string[];
  /** Other budgets and shadows for some services or categories; absent: none. */
  readonly overrides?: readonly Override[];
  /** Models are handed out to be stored. */
  readonly saved: boolean;
}

export interface PipelinePorts {
  readonly book: AlertBook;
  readonly redact: (text: string) => string;
  /** What people and machines changed lately, for the evidence. */
  readonly changes?: ChangeBook;
  readonly onChange?: (change: AnnouncedChange) => void;
  /** Milliseconds that a stage took, for metrics. */
  readonly timed: <T>(stage: "accept" | "detect" | "baseline", work: () => T) => T;
  /** Where findings that nobody is told of are noted. */
  readonly ledger?: FindingLedger;
}

export interface EnvironmentStanding {
  /** The window that ends now. */
  readonly stats: WindowStats;
  readonly baseline: ClassicBaseline;
  readonly running: Alert | undefined;
  readonly series: readonly RegisteredSeries[];
  /** By key of the series, until when it is in its first day; null afterwards, and under the original rules. */
  readonly learningUntilMs: (key: string) => EpochMs | null;
}
