import { existsSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Pool } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { poolConnection, type EmbeddedDatabase } from "./database.ts";
import { lockDirectory, type DirectoryLock } from "./directory-lock.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";
import { EmbeddedStream } from "./embedded-stream.ts";
import { errorCode, StoreError, storeError } from "./store-error.ts";

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long one statement, or the wait for the one connection, may take. */
  readonly statementTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 15_000;
/** The engine never checkpoints by itself: without this its log would grow for as long as it runs. */
const CHECKPOINT_MS = 5 * 60_000;
/** Nor does it vacuum by itself. */
const CHECKPOINTS_PER_VACUUM = 3;

const PRIVATE_DIRECTORY = 0o700;
const UNFINISHED =
  "The database below postgres/ was still being created. It is made anew at the next start.\n";

/** Files of a first start that was cut short are no database; the mark tells them from a real one. */
async function initialise(dataDir: string, directory: string, logger: Logger): Promise<void> {
  const mark = join(dataDir, "postgres.unfinished");
  if (existsSync(mark)) await rm(directory, { recursive: true, force: true });
  else if (existsSync(join(directory, "PG_VERSION"))) return;
  logger.info("creating the embedded database");
  await writeFile(mark, UNFINISHED);
  await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  const engine = new EmbeddedEngine({ directory, task: "initialise" });
  await engine.ended();
  if (!(await engine.close())) {
    throw new StoreError("database error: the embedded database could not be created", "XX000", false);
  }
  await rm(mark);
}

/** Starts the engine anew where it broke, but never after `stop`. */
class Engines {
  readonly #directory: string;
  #current: EmbeddedEngine | null = null;
  #stopped = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(): Promise<EmbeddedEngine> {
    if (this.#stopped) throw new StoreError("database unavailable: it is closed", "57P01", true);
    if (this.#current?.alive !== true) {
      await this.#current?.ended();
      this.#current = new EmbeddedEngine({ directory: this.#directory, task: "serve" });
    }
    await this.#current.ready();
    return this.#current;
  }

  async stop(how: "orderly" | "at once"): Promise<void> {
    this.#stopped = true;
    await (how === "orderly" ? this.#current?.close() : this.#current?.terminate());
  }
}

function openPool(engines: Engines, options: EmbeddedOptions): Pool {
  const timeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  return new Pool({
    user: "postgres",
    database: "postgres",
    host: "embedded",
    stream: () => new EmbeddedStream(() => engines.open()),
    max: 1,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
}

/** Checkpoints, and now and then a vacuum. A failure is only logged: the next round tries again. */
function keepHouse(database: Pick<EmbeddedDatabase, "run">, options: EmbeddedOptions): () => void {
  let round = 0;
  const tidy = async (): Promise<void> => {
    round += 1;
    const sql = round % CHECKPOINTS_PER_VACUUM === 0 ? ["vacuum analyze", "checkpoint"] : ["checkpoint"];
    try {
      for (const statement of sql) await database.run((orm) => orm.execute(statement));
    } catch (error) {
      options.logger.warn({ code: errorCode(error) }, "embedded database upkeep failed");
    }
  };
  return options.clock.every(CHECKPOINT_MS, () => void tidy());
}

async function boot(directory: string, options: EmbeddedOptions, engines: Engines): Promise<void> {
  await initialise(resolve(options.dataDir), directory, options.logger);
  await engines.open();
}

/**
 * Postgres inside this process, in a thread of its own, on `<dataDir>/postgres`. Throws `DirectoryInUse` where another
 * process has the directory. A killed process loses nothing committed; a power cut may, since it never waits for the disk.
 */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const dataDir = resolve(options.dataDir);
  const directory = join(dataDir, "postgres");
  await mkdir(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
  const engines = new Engines(directory);
  const lost = Promise.withResolvers<void>();
  const lock = await lockDirectory(join(dataDir, "tocsin.lock"), options.clock, () => {
    options.logger.error("the data directory was taken by another process; the database stops");
    void engines.stop("at once").then(() => lost.resolve());
  });
  try {
    await boot(directory, options, engines);
    await chmod(directory, PRIVATE_DIRECTORY);
  } catch (error) {
    await engines.stop("at once");
    await lock.release();
    throw storeError("database", error);
  }
  return embeddedDatabase(options, engines, lock, lost.promise);
}

async function callAfter(event: Promise<void>, callback: () => void): Promise<void> {
  await event;
  callback();
}

function embeddedDatabase(
  options: EmbeddedOptions,
  engines: Engines,
  lock: DirectoryLock,
  lost: Promise<void>,
): EmbeddedDatabase {
  const pool = openPool(engines, options);
  const connection = poolConnection(pool, (error) => {
    options.logger.warn({ code: errorCode(error) }, "embedded database connection lost");
  });
  const stopHousekeeping = keepHouse(connection, options);
  const close = async (): Promise<void> => {
    stopHousekeeping();
    await pool.end();
    await engines.stop("orderly");
    await lock.release();
  };
  let closing: Promise<void> | null = null;
  return {
    kind: "embedded",
    ...connection,
    onLost: (callback) => void callAfter(lost, callback),
    close: () => (closing ??= close()),
  };
}
