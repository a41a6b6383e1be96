import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startChild, type Child } from "../support/process-child.ts";
import { until } from "../support/process-until.ts";
import { freePort } from "../support/slack-emulator.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const STEP_SERVE = fileURLToPath(new URL("./observed-serve.ts", import.meta.url));
const run = promisify(execFile);
const STARTS_WITHIN_MS = 60_000;
const SHOWN_LINES = 20;

/** A process that takes OTLP. */
export interface Receiver {
  readonly name: string;
  readonly pid: number;
  /** What it is and which version of it. */
  readonly version: string;
  readonly otlpPort: number;
  readonly grpcPort: number;
  /** Port of the API; null where there is none. */
  readonly port: number | null;
  stop(): Promise<void>;
}

type Ports = Pick<Receiver, "port" | "otlpPort" | "grpcPort">;

async function started(
  { name, version }: Pick<Receiver, "name" | "version">,
  start: (folder: string) => Promise<Child>,
  ports: (child: Child) => Promise<Ports | null> | Ports | null,
): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-"));
  const child = await start(folder);
  const stop = async (): Promise<void> => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const found = await until(`${name} is ready`, STARTS_WITHIN_MS, () =>
      child.running ? ports(child) : { port: null, otlpPort: 0, grpcPort: 0 },
    );
    if (!child.running) {
      throw new Error(`${name} ended: ${[...child.stdout, ...child.stderr].slice(-SHOWN_LINES).join("\n")}`);
    }
    return { name, version, pid: child.pid, ...found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How far records go: only counted, counted by their templates, or all the way that they go in service. */
export type Step = "count" | "mine" | "all";

/** `tocsin serve` as users run it, on free ports, with an embedded database of its own. */
export function startTocsin(step: Step = "all"): Promise<Receiver> {
  const script = step === "all" ? [MAIN, "serve"] : [STEP_SERVE];
  return started(
    { name: "Tocsin", version: `Node ${process.version}` },
    async (folder) =>
      startChild({
        command: process.execPath,
        args: script,
        cwd: folder,
        env: {
          TOCSIN_PORT: "0",
          TOCSIN_OTLP_PORT: "0",
          TOCSIN_OTLP_GRPC_PORT: "0",
          TOCSIN_DATA_DIR: join(folder, "data"),
          BENCH_STEP: step,
        },
      }),
    ({ stdout }) => {
      const line = stdout.find((text) => text.includes('"msg":"ready"'));
      if (line === undefined) return null;
      const ready = JSON.parse(line) as { port: number; otlpPort: number; otlpGrpcPort: number };
      return { port: ready.port, otlpPort: ready.otlpPort, grpcPort: ready.otlpGrpcPort };
    },
  );
}

/** Receives and decodes everything, then drops it. */
function collectorConfig(port: number, grpcPort: number): string {
  return [
    "receivers:",
    "  otlp:",
    "    protocols:",
    `      http: { endpoint: "127.0.0.1:${port}" }`,
    `      grpc: { endpoint: "127.0.0.1:${grpcPort}" }`,
    "processors: { batch: {} }",
    "exporters: { nop: {} }",
    "service:",
    "  telemetry: { logs: { level: error }, metrics: { level: none } }",
    "  pipelines: { logs: { receivers: [otlp], processors: [batch], exporters: [nop] } }",
  ].join("\n");
}

async function versionOf(binary: string): Promise<string> {
  const { stdout } = await run(binary, ["--version"]);
  return `OpenTelemetry Collector ${/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "of unknown version"}`;
}

/** A real OpenTelemetry Collector that keeps nothing. */
export async function startCollector(binary: string): Promise<Receiver> {
  const [otlpPort, grpcPort] = [await freePort(), await freePort()];
  return started(
    { name: "the collector", version: await versionOf(binary) },
    async (folder) => {
      const config = join(folder, "collector.yaml");
      await writeFile(config, collectorConfig(otlpPort, grpcPort));
      return startChild({ command: binary, args: ["--config", config], cwd: folder, env: {} });
    },
    async () => {
      await fetch(`http://127.0.0.1:${otlpPort}/v1/logs`, { method: "POST" });
      return { port: null, otlpPort, grpcPort };
    },
  );
}
