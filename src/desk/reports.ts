import type { Actor } from "../alert/event.ts";
import { DigestCount, type Digest } from "../alert/digest.ts";
import type { LedgerEntry, LedgerQuery } from "../alert/ledger.ts";
import type { AlertRepository } from "../alert/repository.ts";
import type { ReportVerbs, TestResult } from "../alert/verbs.ts";
import type { EpochMs } from "../log/time.ts";
import { orUnavailable } from "./ask.ts";
import type { SilenceLedger } from "./ledger.ts";
import type { MuteBook } from "./mutes.ts";

/** Alerts that a digest counts, read in pages of `DIGEST_PAGE`; a digest of more says so. */
const MAX_DIGESTED = 100_000;
const DIGEST_PAGE = 2_000;

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
    const count = new DigestCount();
    for (let from = 0; from < MAX_DIGESTED; from += DIGEST_PAGE) {
      const page = await orUnavailable(isUnavailable, () => alerts.between(fromMs, toMs, DIGEST_PAGE, from));
      if (page === "unavailable") return page;
      count.add(page);
      if (page.length < DIGEST_PAGE) return count.digest(await mutes.mutes(), fromMs, toMs, null);
    }
    return count.digest(await mutes.mutes(), fromMs, toMs, MAX_DIGESTED);
  }

  testAlert(actor: Actor): Promise<readonly TestResult[]> {
    return this.#options.tryChannels(actor);
  }
}
