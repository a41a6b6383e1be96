import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startChild, type Child } from "./process-child.ts";
import { Hopeless, until } from "./process-until.ts";
import { TEST_COLLECTOR } from "./servers-required.ts";
import { freePort } from "./slack-emulator.ts";

const STARTS_WITHIN_MS = 30_000;

/** Parts of a collector's configuration, by component name. */
export interface SenderConfig {
  readonly exporters: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A real collector that passes on what it is given through every one of its exporters. */
export interface CollectorSender {
  readonly child: Child;
  /** `count` records of the service at the time now; resolves when the collector has taken them. */
  give(service: string, count: number): Promise<void>;
  stop(): Promise<void>;
}

/** JSON is YAML too. */
function configOf({ exporters, extensions = {} }: SenderConfig, port: number, healthPort: number): string {
  const all = { ...extensions, health_check: { endpoint: `127.0.0.1:${healthPort}` } };
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters,
    extensions: all,
    service: {
      extensions: Object.keys(all),
      telemetry: { metrics: { level: "none" } },
      pipelines: { logs: { receivers: ["otlp"], exporters: Object.keys(exporters) } },
    },
  });
}

function requestOf(service: string, count: number): string {
  const sinceNanos = BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
  const logRecords = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: String(sinceNanos + BigInt(i)),
    severityNumber: 9,
    body: { stringValue: `order ${i} placed` },
  }));
  const attributes = [{ key: "service.name", value: { stringValue: service } }];
  return JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] });
}

/** Started with a configuration of the test's own; ended with the test. */
export async function startCollectorSender(config: SenderConfig): Promise<CollectorSender> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-sender-"));
  const [port, healthPort] = [await freePort(), await freePort()];
  const path = join(folder, "collector.yaml");
  await writeFile(path, configOf(config, port, healthPort));
  const child = startChild({ command: TEST_COLLECTOR ?? "", args: ["--config", path], env: {}, cwd: folder });
  onTestFinished(async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await until("the collector is healthy", STARTS_WITHIN_MS, async () => {
    if (!child.running) throw new Hopeless(`the collector did not start:\n${child.stderr.join("\n")}`);
    const response = await fetch(`http://127.0.0.1:${healthPort}/`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? true : null;
  });
  return {
    child,
    async give(service, count) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: requestOf(service, count),
      });
      if (response.status !== 200) throw new Error(`the collector answered ${response.status}`);
    },
    async stop() {
      await child.stop();
    },
  };
}
