import type { Client } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Database, ServerDatabase } from "./database.ts";
import type { Holder } from "./directory-lock.ts";
import { LOCK_CLASS } from "./migrate.ts";
import { storeError } from "./store-error.ts";

export type ServingLock =
  | { readonly kind: "held"; readonly release: () => Promise<void> }
  | { readonly kind: "taken"; readonly holder: Holder };

export interface ServingLockOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly host: string;
  readonly pid: number;
  /** Called once when the lock is gone without `release`: stop writing, then ask for it again. */
  readonly onLost: () => void;
}

const SERVING_LOCK = 2;
/** Finds a connection that broke without a word; the server's keep-alive finds our end in about the same time. */
const HEARTBEAT_MS = 10_000;
const SERVER_KEEP_ALIVE =
  "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set idle_session_timeout = 0";

/** Postgres cuts application names at 63 bytes, and everybody may read them. */
const MAX_HOST = 40;
const APPLICATION_NAME = /^tocsin serve (.+) pid (\d+)$/;

function applicationName(host: string, pid: number): string {
  return `tocsin serve ${host.slice(0, MAX_HOST)} pid ${pid}`;
}

function holderOf(name: string, address: string | null, sinceMs: number | null): Holder {
  const match = APPLICATION_NAME.exec(name);
  if (match === null) return { host: address ?? (name || "an unknown host"), pid: null, sinceMs };
  return { host: match[1] ?? "", pid: Number(match[2]), sinceMs };
}

async function currentHolder(client: Client): Promise<Holder> {
  const found = await client.query<{ name: string | null; address: string | null; since: number | null }>(
    `select a.application_name as name, host(a.client_addr) as address,
            (extract(epoch from a.backend_start) * 1000)::float8 as since
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2 and l.classid = $1 and l.objid = $2
        and l.database = (select oid from pg_database where datname = current_database())`,
    [LOCK_CLASS, SERVING_LOCK],
  );
  const row = found.rows[0];
  return holderOf(row?.name ?? "", row?.address ?? null, row?.since ?? null);
}

async function tryLock(client: Client): Promise<boolean> {
  await client.connect();
  const result = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1, $2) as locked", [
    LOCK_CLASS,
    SERVING_LOCK,
  ]);
  const locked = result.rows[0]?.locked === true;
  if (locked) await client.query(SERVER_KEEP_ALIVE);
  return locked;
}

function heldLock(client: Client, options: ServingLockOptions): ServingLock {
  let held = true;
  const end = async (): Promise<void> => {
    held = false;
    stop();
    await client.end().catch(() => undefined);
  };
  const lose = (): void => {
    if (!held) return;
    options.logger.error("the database's serving lock is lost");
    void end();
    options.onLost();
  };
  const beat = async (): Promise<void> => {
    try {
      await client.query("select 1");
    } catch {
      lose();
    }
  };
  client.on("error", lose);
  client.on("end", lose);
  const stop = options.clock.every(HEARTBEAT_MS, () => void beat());
  return { kind: "held", release: end };
}

async function acquire(database: ServerDatabase, options: ServingLockOptions): Promise<ServingLock> {
  const client = database.dedicated(applicationName(options.host, options.pid));
  // Until the lock is held, an error shows in the call that met it.
  client.on("error", () => undefined);
  try {
    if (await tryLock(client)) return heldLock(client, options);
    const holder = await currentHolder(client);
    await client.end();
    return { kind: "taken", holder };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw storeError("database", error);
  }
}

/**
 * One serving process per database. On a server it is a session lock on a connection of its own, which must not go
 * through a pooler that shares sessions; embedded it came with the data directory. Throws `StoreError`.
 */
export async function acquireServingLock(
  database: Database,
  options: ServingLockOptions,
): Promise<ServingLock> {
  if (database.kind === "server") return acquire(database, options);
  let held = true;
  database.onLost(() => {
    if (held) options.onLost();
  });
  return {
    kind: "held",
    release: async () => {
      held = false;
    },
  };
}
