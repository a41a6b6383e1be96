import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Committed, Listening } from "./messages.ts";

const SERVE = fileURLToPath(new URL("./observed-serve.ts", import.meta.url));

export interface Observed {
  readonly port: number;
  readonly otlpPort: number;
  /** So far, in order. */
  readonly commits: readonly Committed[];
  stop(): Promise<void>;
}

/** The service with the moments of its commits. null: an embedded database in a folder of its own. */
export async function startObserved(
  databaseUrl: string | null,
  settings: Readonly<Record<string, string>> = {},
): Promise<Observed> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-"));
  const child = fork(SERVE, [], {
    cwd: folder,
    // Its alerts and its log are no part of the table.
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      TOCSIN_PORT: "0",
      TOCSIN_OTLP_PORT: "0",
      TOCSIN_OTLP_GRPC_PORT: "0",
      TOCSIN_DATA_DIR: join(folder, "data"),
      TOCSIN_WINDOW: "10s",
      TOCSIN_BUCKET: "1s",
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
      ...settings,
    },
  });
  let last = "";
  child.stderr?.on("data", (chunk: Buffer) => (last = chunk.toString()));
  const exited = once(child, "exit");
  const commits: Committed[] = [];
  const ports = await new Promise<Listening>((resolve, reject) => {
    child.on("message", (message: Committed | Listening) => {
      if (message.kind === "committed") commits.push(message);
      else resolve(message);
    });
    void exited.then(() => reject(new Error(`Tocsin ended: ${last}`)));
  });
  return {
    port: ports.port,
    otlpPort: ports.otlpPort,
    commits,
    async stop() {
      if (child.exitCode === null) child.kill("SIGTERM");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
