import { hostname } from "node:os";
import type { Logger } from "pino";
import type { LedgerRepository, MuteRepository } from "../alert/life-repository.ts";
import type { AlertRepository } from "../alert/repository.ts";
import type { Dependency } from "../api/ports.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { SECOND_MS } from "../log/time.ts";
import { backoffMs } from "../notify/backoff.ts";
import type { CollectiveBox } from "../notify/collective-box.ts";
import type { Outbox } from "../notify/outbox.ts";
import { DatabaseAlerts } from "../store/database-alerts.ts";
import { DatabaseCollectives } from "../store/database-collectives.ts";
import { DatabaseLearned } from "../store/database-learned.ts";
import { DatabaseLedger } from "../store/database-ledger.ts";
import { DatabaseMutes } from "../store/database-mutes.ts";
import { DatabaseOutbox } from "../store/database-outbox.ts";
import { DatabaseState } from "../store/database-state.ts";
import type { Database } from "../store/database.ts";
import type { Holder } from "../store/directory-lock.ts";
import { migrateDatabase } from "../store/migrate.ts";
import type { LearnedStore } from "../store/learned-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { RedisState } from "../store/redis-state.ts";
import { acquireServingLock, type ServingLock } from "../store/serving-lock.ts";
import type { StateStore } from "../store/state-store.ts";
import { errorCode, isUnavailable, StoreError } from "../store/store-error.ts";

/** Everything that outlives the process. */
export interface Storage {
  readonly database: Database;
  readonly alerts: AlertRepository;
  readonly outbox: Outbox;
  readonly collectives: CollectiveBox;
  readonly mutes: MuteRepository;
  readonly ledger: LedgerRepository;
  readonly state: StateStore;
  readonly learned: LearnedStore;
  readonly redis: RedisState | null;
  close(): Promise<void>;
}

export interface StoragePorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** This process may not go on writing: another one serves the database now. */
  readonly onTaken: (holder: Holder | null) => void;
}

export type StorageOutcome =
  | { readonly kind: "open"; readonly storage: Storage }
  | { readonly kind: "taken"; readonly holder: Holder }
  | { readonly kind: "unreachable"; readonly reason: string };

/** A database that starts together with us gets this long. */
const CONNECT_ATTEMPTS = 12;
const CONNECT_BACKOFF = { baseMs: 500, maxMs: 5 * SECOND_MS };

/** Opens and migrates the database and claims it for this process. Throws `DirectoryInUse` for an embedded one. */
export async function openStorage(config: Config, ports: StoragePorts): Promise<StorageOutcome> {
  const { clock, log } = ports;
  const { url, dataDir } = config.database;
  const database = await openDatabase({ url: url?.reveal() ?? null, dataDir, clock, logger: log });
  const claim = new ServingClaim(database, ports);
  try {
    await reach(database, ports);
    const holder = await claim.take();
    if (holder !== null) {
      await database.close();
      return { kind: "taken", holder };
    }
    await migrateDatabase(database);
  } catch (error) {
    await claim.release();
    await database.close();
    if (!isUnavailable(error)) throw error;
    return { kind: "unreachable", reason: errorCode(error) };
  }
  return { kind: "open", storage: storageOf(config, claim.guard(database), claim, log) };
}

function storageOf(config: Config, database: Database, claim: ServingClaim, log: Logger): Storage {
  const redis = redisOf(config, log);
  return {
    database,
    alerts: new DatabaseAlerts(database),
    outbox: new DatabaseOutbox(database),
    collectives: new DatabaseCollectives(database),
    mutes: new DatabaseMutes(database),
    ledger: new DatabaseLedger(database),
    state: redis ?? new DatabaseState(database, config.baseline.ttlMs),
    learned: new DatabaseLearned(database),
    redis,
    close: async () => {
      await redis?.close();
      await claim.release();
      await database.close();
    },
  };
}

export function redisOf(config: Config, log: Logger): RedisState | null {
  const { url } = config.redis;
  if (url === null) return null;
  const baselineTtlMs = config.baseline.ttlMs;
  return new RedisState({ url: url.reveal(), logger: log, random: Math.random, baselineTtlMs });
}

/** Waits for a database that starts together with us. Throws its last error. */
async function reach(database: Database, { clock, log }: StoragePorts): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await database.ping();
      return;
    } catch (error) {
      if (!isUnavailable(error) || attempt === CONNECT_ATTEMPTS) throw error;
      if (attempt === 1)
        log.warn({ reason: errorCode(error) }, "the database does not answer yet: trying again");
      await clock.sleep(backoffMs(attempt, CONNECT_BACKOFF, Math.random));
    }
  }
}

/** The claim on a server database, taken again after every outage; an embedded one is locked by its directory. */
class ServingClaim {
  readonly #database: Database;
  readonly #ports: StoragePorts;
  readonly #stopping = new AbortController();
  #lock: ServingLock | null = null;

  constructor(database: Database, ports: StoragePorts) {
    this.#database = database;
    this.#ports = ports;
    if (database.kind === "embedded") database.onLost(() => ports.onTaken(null));
  }

  /** Who has it, null when it is ours. */
  async take(): Promise<Holder | null> {
    if (this.#database.kind === "embedded") return null;
    const lock = await acquireServingLock(this.#database, {
      clock: this.#ports.clock,
      logger: this.#ports.log,
      host: hostname(),
      pid: process.pid,
      onLost: () => void this.#takeAgain(),
    });
    if (lock.kind === "taken") return lock.holder;
    this.#lock = lock;
    return null;
  }

  /** The database as far as it is ours: while the claim is lost, nothing is read or written. */
  guard(database: Database): Database {
    if (database.kind === "embedded") return database;
    const check = (): void => {
      if (this.#lock === null)
        throw new StoreError("the database is not claimed at the moment", "unclaimed", true);
    };
    return {
      ...database,
      run: async (work) => {
        check();
        return database.run(work);
      },
      transaction: async (work) => {
        check();
        return database.transaction(work);
      },
    };
  }

  async release(): Promise<void> {
    this.#stopping.abort();
    if (this.#lock?.kind === "held") await this.#lock.release();
  }

  async #takeAgain(): Promise<void> {
    const { clock, log, onTaken } = this.#ports;
    this.#lock = null;
    for (let attempt = 1; !this.#stopping.signal.aborted; attempt++) {
      try {
        const holder = await this.take();
        if (holder === null) log.info("the database is claimed again");
        else onTaken(holder);
        return;
      } catch (error) {
        if (attempt === 1)
          log.warn({ reason: errorCode(error) }, "the claim on the database is lost for now");
        await clock.sleep(backoffMs(attempt, CONNECT_BACKOFF, Math.random), this.#stopping.signal);
      }
    }
  }
}

/** How the stores are, for `/readyz` and `doctor`. */
export async function probe(name: string, ping: () => Promise<void>): Promise<Dependency> {
  try {
    await ping();
    return { name, state: "up", reason: null };
  } catch (error) {
    return { name, state: "down", reason: errorCode(error) };
  }
}
