import { hostname } from "node:os";
import { pino, type Logger } from "pino";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { formatTime } from "../log/time.ts";
import { readTlsFiles, type TlsFiles } from "../otlp/tls-files.ts";
import { DirectoryInUse, type Holder } from "../store/directory-lock.ts";
import { packageVersion } from "../version.ts";
import { createApp, type App, type AppPortNumbers } from "./app.ts";
import { openStorage, type Storage, type StorageOutcome } from "./storage.ts";

/** Our own log: JSON lines that never hold received text, so that a collector may read them back. */
export function createLog(config: Config, stream: NodeJS.WritableStream = process.stdout): Logger {
  return pino({ level: config.process.logLevel, base: { service: "tocsin" } }, stream);
}

function holderText({ host, pid, sinceMs }: Holder): string {
  const process = pid === null ? "" : `, process ${pid}`;
  const since = sinceMs === null ? "" : `, since ${formatTime(Math.round(sinceMs / 1000) * 1000)}`;
  return `${host || hostname()}${process}${since}`;
}

function complain(text: string): void {
  process.stderr.write(`tocsin: ${text}\n`);
}

/** Opens the storage, or says why not. */
export async function storageFor(config: Config, log: Logger, onTaken: () => void): Promise<Storage | null> {
  let outcome: StorageOutcome;
  try {
    outcome = await openStorage(config, { clock: systemClock, log, onTaken });
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    complain(error.message);
    return null;
  }
  if (outcome.kind === "open") return outcome.storage;
  if (outcome.kind === "taken") {
    complain(
      `another Tocsin serves this database: ${holderText(outcome.holder)}. ` +
        "One process serves a database at a time; stop that one, or give this one a DATABASE_URL of its own.",
    );
  } else {
    complain(`the database does not answer (${outcome.reason}): check DATABASE_URL and that Postgres runs`);
  }
  return null;
}

/** Resolves when somebody asks the process to stop. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}

/** Starts the app and says so in one line; null where a port is taken. */
export async function startApp(app: App, log: Logger): Promise<AppPortNumbers | null> {
  try {
    return await app.start();
  } catch (error) {
    const { code, port } = error as { code?: string; port?: number };
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const why = code === "EACCES" ? "may not be used by this user" : "is in use by another process";
    complain(
      `port ${port} ${why}: free it, or set TOCSIN_PORT, TOCSIN_OTLP_PORT or TOCSIN_OTLP_GRPC_PORT (0 picks a free one)`,
    );
    log.debug({ code, port }, "port refused");
    return null;
  }
}

/** What the OTLP ports speak TLS with, null for plain ones; says what is wrong with the files. */
function tlsFor({ tls }: Config): { readonly files: TlsFiles | null } | null {
  if (tls === null) return { files: null };
  const outcome = readTlsFiles(tls);
  if (outcome.kind === "ok") return outcome;
  for (const problem of outcome.problems) complain(problem);
  return null;
}

/** The service, until it is told to stop. */
export async function serve(config: Config): Promise<number> {
  const log = createLog(config);
  const tls = tlsFor(config);
  if (tls === null) return 1;
  let taken = (): void => undefined;
  const lost = new Promise<"taken">((resolve) => {
    taken = () => resolve("taken");
  });
  const storage = await storageFor(config, log, () => taken());
  if (storage === null) return 1;
  const version = packageVersion();
  const ports = {
    storage,
    clock: systemClock,
    log,
    version,
    terminal: process.stderr,
    tls: tls.files,
  };
  const app = await createApp(config, ports);
  const listening = await startApp(app, log);
  if (listening !== null) log.info({ ...listening, host: config.api.host, version }, "ready");
  const reason = listening === null ? "no port" : await Promise.race([untilStopped(), lost]);
  log.info({ reason }, "stopping");
  await app.stop();
  await storage.close();
  log.info("stopped");
  return listening === null || reason === "taken" ? 1 : 0;
}

/** `tocsin migrate`: opening the storage migrates it. */
export async function migrate(config: Config): Promise<number> {
  const storage = await storageFor(config, createLog(config), () => undefined);
  if (storage === null) return 1;
  await storage.close();
  process.stdout.write("The database is up to date.\n");
  return 0;
}
