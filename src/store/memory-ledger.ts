import { joined, type LedgerEntry, type LedgerQuery } from "../alert/ledger.ts";
import type { LedgerRepository } from "../alert/life-repository.ts";
import { storable } from "./storable.ts";

/** The ledger of silence in memory: for tests. */
export class MemoryLedger implements LedgerRepository {
  readonly #entries = new Map<string, LedgerEntry>();

  async add(entries: ReadonlyMap<string, LedgerEntry>): Promise<void> {
    for (const [key, entry] of entries) {
      this.#entries.set(key, joined(this.#entries.get(key), storable(entry)));
    }
  }

  async find(query: LedgerQuery): Promise<readonly LedgerEntry[]> {
    return [...this.#entries.values()]
      .filter(
        (entry) =>
          (query.service === undefined || entry.service === query.service || entry.service === null) &&
          (query.environment === undefined || entry.environment === query.environment) &&
          entry.lastAtMs >= query.fromMs &&
          entry.firstAtMs <= query.toMs,
      )
      .toSorted((a, b) => b.lastAtMs - a.lastAtMs)
      .slice(0, query.limit);
  }
}
