import type { Actor } from "../alert/event.ts";
import { digestOf, type Digest } from "../alert/digest.ts";
import type { LedgerEntry, LedgerQuery } from "../alert/ledger.ts";
import type { AlertRepository } from "../alert/repository.ts";
import type { ReportVerbs, TestResult } from "../alert/verbs.ts";
import type { EpochMs } from "../log/time.ts";
import { orUnavailable } from "./ask.ts";
import type { SilenceLedger } from "./ledger.ts";
import { MAX_HISTORY, type MuteBook } from "./mutes.ts";

export interface ReportOptions {
  readonly alerts: AlertRepository;
  readonly ledger: SilenceLedger;
  readonly mutes: MuteBook;
  readonly isUnavailable: (error: unknown) => boolean;
  /** One clearly marked alert through every channel. */
  readonly tryChannels: (actor: Actor) => Promise<readonly TestResult[]>;
}

/** What the service knows about itself. */
export class Reports implements ReportVerbs {
  readonly #options: ReportOptions;

  constructor(options: ReportOptions) {
    this.#options = options;
  }

  why(query: LedgerQuery): Promise<readonly LedgerEntry[] | "unavailable"> {
    const { ledger, isUnavailable } = this.#options;
    return orUnavailable(isUnavailable, () => ledger.find(query));
  }

  async digest(fromMs: EpochMs, toMs: EpochMs): Promise<Digest | "unavailable"> {
    const { alerts, mutes, isUnavailable } = this.#options;
    const seen = await orUnavailable(isUnavailable, () => alerts.between(fromMs, toMs, MAX_HISTORY));
    return seen === "unavailable" ? seen : digestOf(seen, await mutes.mutes(), fromMs, toMs);
  }

  testAlert(actor: Actor): Promise<readonly TestResult[]> {
    return this.#options.tryChannels(actor);
  }
}
