import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { CLOSE, type WorkerInput, type WorkerMessage, type WorkerRequest } from "./embedded-protocol.ts";

/** A few megabytes of alerts need no 128 MB of buffers; the log is kept small because only we write checkpoints. */
const SETTINGS = [
  "shared_buffers = 16MB",
  "wal_level = minimal",
  "max_wal_senders = 0",
  "min_wal_size = 32MB",
  "max_wal_size = 64MB",
  "synchronous_commit = on",
];

function send(port: MessagePort, message: WorkerMessage): void {
  if (message.kind === "answer") port.postMessage(message, [message.bytes.buffer as ArrayBuffer]);
  else port.postMessage(message);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

async function answer(database: PGlite, port: MessagePort, request: WorkerRequest): Promise<void> {
  const bytes = await database.execProtocolRaw(request.bytes);
  // A copy of its own: the answer may be a view of the database's memory.
  send(port, { kind: "answer", id: request.id, bytes: bytes.slice() });
}

/** Requests run strictly one after the other: the engine has one session. */
function serve(database: PGlite, port: MessagePort): void {
  let last: Promise<void> = Promise.resolve();
  const next = (step: () => Promise<void>): void => {
    last = last.then(step).catch((error: unknown) => {
      send(port, { kind: "broken", reason: reasonOf(error) });
      port.close();
    });
  };
  port.on("message", (message: WorkerRequest | typeof CLOSE) => {
    next(async () => {
      if (message !== CLOSE) {
        await answer(database, port, message);
        return;
      }
      await database.close();
      send(port, { kind: "closed" });
      port.close();
    });
  });
  send(port, { kind: "ready" });
}

/** Read once by the thread that `embedded-engine.ts` starts. */
function workerInput(): WorkerInput {
  // The engine is the only one that starts this file, and it always gives this shape.
  return workerData as WorkerInput;
}

async function start(port: MessagePort): Promise<void> {
  const input = workerInput();
  try {
    if (input.task === "serve") {
      serve(await PGlite.create({ dataDir: input.directory }), port);
      return;
    }
    const database = await PGlite.create({ dataDir: input.directory, postgresqlconf: SETTINGS });
    await database.close();
    send(port, { kind: "closed" });
  } catch (error) {
    send(port, { kind: "broken", reason: reasonOf(error) });
    port.close();
  }
}

if (parentPort !== null) await start(parentPort);
