import { parentPort, workerData } from "node:worker_threads";
import { redact } from "../analysis/redact.ts";
import { CountingThread } from "../ingest/counting-thread.ts";
import type { ThreadOptions, ToThread } from "../ingest/protocol.ts";

const port = parentPort;
if (port === null) throw new Error("this file is a worker's: it is started by the service");
const thread = new CountingThread(workerData as ThreadOptions, redact, (message) =>
  port.postMessage(message),
);
port.on("message", (message: ToThread) => thread.receive(message));
