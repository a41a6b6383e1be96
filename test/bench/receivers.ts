import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startChild, type Child } from "../support/process-child.ts";
import { until } from "../support/process-until.ts";
import { freePort } from "../support/slack-emulator.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const STARTS_WITHIN_MS = 60_000;
const SHOWN_LINES = 20;

/** A process that takes OTLP over HTTP. */
export interface Receiver {
  readonly name: string;
  readonly pid: number;
  readonly otlpPort: number;
  /** Port of the API; null where there is none. */
  readonly port: number | null;
  stop(): Promise<void>;
}

type Ports = Pick<Receiver, "port" | "otlpPort">;

async function started(
  name: string,
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
      child.running ? ports(child) : { port: null, otlpPort: 0 },
    );
    if (!child.running) {
      throw new Error(`${name} ended: ${[...child.stdout, ...child.stderr].slice(-SHOWN_LINES).join("\n")}`);
    }
    return { name, pid: child.pid, ...found, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `tocsin serve` as users run it, on free ports, with an embedded database of its own. */
export function startTocsin(nodeArguments: readonly string[] = []): Promise<Receiver> {
  return started(
    "Tocsin",
    async (folder) =>
      startChild({
        command: process.execPath,
        args: [...nodeArguments, MAIN, "serve"],
        cwd: folder,
        env: {
          TOCSIN_PORT: "0",
          TOCSIN_OTLP_PORT: "0",
          TOCSIN_OTLP_GRPC_PORT: "0",
          TOCSIN_DATA_DIR: join(folder, "data"),
        },
      }),
    ({ stdout }) => {
      const line = stdout.find((text) => text.includes('"msg":"ready"'));
      return line === undefined ? null : (JSON.parse(line) as { port: number; otlpPort: number });
    },
  );
}

/** Receives and decodes everything, then drops it. */
function collectorConfig(port: number): string {
  return [
    `receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }`,
    "exporters: { debug: { verbosity: basic } }",
    "service:",
    "  telemetry: { logs: { level: error }, metrics: { level: none } }",
    "  pipelines: { logs: { receivers: [otlp], exporters: [debug] } }",
  ].join("\n");
}

/** A real OpenTelemetry Collector that keeps nothing. */
export async function startCollector(binary: string): Promise<Receiver> {
  const otlpPort = await freePort();
  return started(
    "OpenTelemetry Collector",
    async (folder) => {
      const config = join(folder, "collector.yaml");
      await writeFile(config, collectorConfig(otlpPort));
      return startChild({ command: binary, args: ["--config", config], cwd: folder, env: {} });
    },
    async () => {
      await fetch(`http://127.0.0.1:${otlpPort}/v1/logs`, { method: "POST" });
      return { port: null, otlpPort };
    },
  );
}
