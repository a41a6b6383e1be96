import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type { Client, Pool, PoolClient } from "pg";
import { isUnavailable, storeError } from "./store-error.ts";

/** The query builder on one connection. */
export type Orm = NodePgDatabase;

/** How a transaction ends, and what it has to say. */
export interface Ending<T> {
  readonly commit: boolean;
  readonly value: T;
}

interface Connection {
  /** Runs statements on one connection. Throws `StoreError` only. */
  run<T>(work: (orm: Orm) => Promise<T>): Promise<T>;
  /** All of `work` or, where it says so or throws, nothing of it. Must not call `run` or `transaction` itself. */
  transaction<T>(work: (orm: Orm) => Promise<Ending<T>>): Promise<T>;
  /** One round trip, for health. */
  ping(): Promise<void>;
  /** Waits for what is running, then lets go of everything. Safe to call twice. */
  close(): Promise<void>;
}

export interface ServerDatabase extends Connection {
  readonly kind: "server";
  /** A connection of its own, not yet connected, outside the pool; a patient one has no statement timeout. */
  dedicated(applicationName: string, limits?: "usual" | "patient"): Client;
}

export interface EmbeddedDatabase extends Connection {
  readonly kind: "embedded";
  /** Calls back once should the data directory be taken from us; the database has stopped by then. */
  onLost(callback: () => void): void;
}

export type Database = ServerDatabase | EmbeddedDatabase;

const STORE = "database";

const orms = new WeakMap<PoolClient, Orm>();

function ormOf(client: PoolClient): Orm {
  const known = orms.get(client);
  if (known !== undefined) return known;
  const orm = drizzle({ client });
  orms.set(client, orm);
  return orm;
}

/** A connection that failed, or sits in a transaction, is thrown away rather than given to the next. */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  let client: PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeError(STORE, error);
  }
  let broken = true;
  try {
    const value = await work(client);
    broken = false;
    return value;
  } catch (error) {
    broken = isUnavailable(error);
    throw storeError(STORE, error);
  } finally {
    client.release(broken || client.getTransactionStatus() !== "I");
  }
}

async function inTransaction<T>(client: PoolClient, work: (orm: Orm) => Promise<Ending<T>>): Promise<T> {
  await client.query("begin");
  try {
    const ending = await work(ormOf(client));
    await client.query(ending.commit ? "commit" : "rollback");
    return ending.value;
  } catch (error) {
    // A connection that is gone rolls back by itself; asking it would only wait for another timeout.
    if (!isUnavailable(error)) await client.query("rollback");
    throw error;
  }
}

/** The common part of both kinds, on a pool. `lost` is told of idle connections that break. */
export function poolConnection(pool: Pool, lost: (error: Error) => void): Omit<Connection, "close"> {
  pool.on("error", lost);
  // The pool listens to idle connections only. One that breaks in use fails its query as well, and would end the
  // process if nobody listened.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return {
    run: (work) => withClient(pool, (client) => work(ormOf(client))),
    transaction: (work) => withClient(pool, (client) => inTransaction(client, work)),
    ping: () =>
      withClient(pool, async (client) => {
        await client.query("select 1");
      }),
  };
}
