import type { Logger } from "pino";
import {
  entryOf,
  joined,
  ledgerKey,
  type FindingLedger,
  type LedgerEntry,
  type LedgerQuery,
  type SilencedFinding,
} from "../alert/ledger.ts";
import type { LedgerRepository } from "../alert/life-repository.ts";

/** Kinds of findings that may wait for the database; further ones are counted and dropped. */
const MAX_WAITING = 5_000;

export interface LedgerOptions {
  readonly repository: LedgerRepository;
  readonly isUnavailable: (error: unknown) => boolean;
  readonly log: Logger;
  /** Findings that found no room. */
  readonly dropped: (count: number) => void;
}

/** Takes note of what was not sent, and stores it in batches. */
export class SilenceLedger implements FindingLedger {
  readonly #options: LedgerOptions;
  #waiting = new Map<string, LedgerEntry>();

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  record(finding: SilencedFinding): void {
    const key = ledgerKey(finding);
    if (!this.#waiting.has(key) && this.#waiting.size >= MAX_WAITING) {
      this.#options.dropped(1);
      return;
    }
    this.#waiting.set(key, joined(this.#waiting.get(key), entryOf(finding)));
  }

  /** Stores what waits; while the database is away it goes on waiting. */
  async flush(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { repository, isUnavailable, log } = this.#options;
    const taken = this.#waiting;
    this.#waiting = new Map();
    try {
      await repository.add(taken);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      log.debug({ waiting: taken.size }, "the database is away: the ledger waits");
      for (const [key, entry] of taken) {
        const newer = this.#waiting.get(key);
        this.#waiting.set(key, newer === undefined ? entry : joined(entry, newer));
      }
    }
  }

  /** What is stored; throws while the database is away. */
  async find(query: LedgerQuery): Promise<readonly LedgerEntry[]> {
    await this.flush();
    return this.#options.repository.find(query);
  }
}
