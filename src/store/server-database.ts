import { Client, Pool, type ClientConfig } from "pg";
import type { Logger } from "pino";
import { poolConnection, type ServerDatabase } from "./database.ts";
import { errorCode } from "./store-error.ts";

export interface ServerOptions {
  readonly url: string;
  readonly logger: Logger;
  readonly poolSize?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

const POOL_SIZE = 5;
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Our own deadline stands behind the server's: it holds when the network swallows the answer. */
const ANSWER_GRACE_MS = 5_000;
const IDLE_MS = 60_000;
const KEEP_ALIVE_MS = 10_000;

function clientConfig(options: ServerOptions, applicationName: string): ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  return {
    connectionString: options.url,
    application_name: applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
}

/** For migrations: building an index on a large table may take its time. */
function patientConfig(options: ServerOptions, applicationName: string): ClientConfig {
  const { statement_timeout: _, query_timeout: __, ...rest } = clientConfig(options, applicationName);
  return { ...rest, statement_timeout: 0 };
}

/** A pool on a Postgres server. Connects when first asked, so that a server which is down delays nobody's start. */
export function openServerDatabase(options: ServerOptions): ServerDatabase {
  const pool = new Pool({
    ...clientConfig(options, "tocsin"),
    max: options.poolSize ?? POOL_SIZE,
    idleTimeoutMillis: IDLE_MS,
  });
  const connection = poolConnection(pool, (error) => {
    options.logger.warn({ code: errorCode(error) }, "idle database connection lost");
  });
  let closing: Promise<void> | null = null;
  return {
    kind: "server",
    ...connection,
    dedicated: (applicationName, limits) =>
      new Client(
        limits === "patient"
          ? patientConfig(options, applicationName)
          : clientConfig(options, applicationName),
      ),
    close: () => (closing ??= pool.end()),
  };
}
