import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFailed, onTestFinished } from "vitest";
import { startChild, type Child } from "./process-child.ts";
import { Hopeless, until } from "./process-until.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const READY_WITHIN_MS = 40_000;
const SHOWN_LINES = 40;

export interface TocsinProcess {
  readonly child: Child;
  readonly port: number;
  readonly otlpPort: number;
  readonly otlpGrpcPort: number;
  /** Its own log, one object per line; lines that are no JSON are left out. */
  log(): readonly Readonly<Record<string, unknown>>[];
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | NodeJS.Signals>;
  /** SIGKILL: nothing is flushed, nothing is closed. */
  kill(): Promise<void>;
}

function parseLine(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : null;
  } catch {
    return null;
  }
}

function logOf(child: Child): Readonly<Record<string, unknown>>[] {
  return child.stdout.map(parseLine).filter((line) => line !== null);
}

function tail(child: Child): string {
  return [...child.stdout.slice(-SHOWN_LINES), ...child.stderr.slice(-SHOWN_LINES)].join("\n");
}

async function readyPorts(child: Child): Promise<Pick<TocsinProcess, "port" | "otlpPort" | "otlpGrpcPort">> {
  return until("Tocsin is ready", READY_WITHIN_MS, () => {
    if (!child.running) throw new Hopeless(`Tocsin did not start:\n${tail(child)}`);
    const line = logOf(child).find(({ msg }) => msg === "ready");
    if (line === undefined) return null;
    return {
      port: Number(line["port"]),
      otlpPort: Number(line["otlpPort"]),
      otlpGrpcPort: Number(line["otlpGrpcPort"]),
    };
  });
}

async function getJson(child: Child, port: number, path: string): Promise<{ status: number; body: unknown }> {
  if (!child.running) throw new Hopeless("Tocsin has ended");
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return { status: response.status, body: parseLine(text) ?? text };
}

/**
 * A real `tocsin serve` in a folder of its own, on free ports, ended with the test. What `env` does not say has the
 * default: no key, no Slack, embedded Postgres.
 */
export async function startTocsin(env: Readonly<Record<string, string>> = {}): Promise<TocsinProcess> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-test-"));
  const child = startChild({
    command: process.execPath,
    args: [MAIN, "serve"],
    cwd: folder,
    env: {
      TOCSIN_PORT: "0",
      TOCSIN_OTLP_PORT: "0",
      TOCSIN_OTLP_GRPC_PORT: "0",
      TOCSIN_DATA_DIR: join(folder, "data"),
      ...env,
    },
  });
  onTestFailed(() => {
    process.stderr.write(`--- Tocsin, last lines\n${tail(child)}\n`);
  });
  onTestFinished(async () => {
    await child.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const ports = await readyPorts(child);
  const { port } = ports;
  return {
    child,
    ...ports,
    log: () => logOf(child),
    get: (path) => getJson(child, port, path),
    stop: () => child.stop(),
    kill: async () => {
      await child.kill();
    },
  };
}
