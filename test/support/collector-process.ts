import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { startChild, type Child } from "./process-child.ts";
import { Hopeless, until } from "./process-until.ts";
import { TEST_COLLECTOR } from "./servers-required.ts";
import { freePort } from "./slack-emulator.ts";

const STARTS_WITHIN_MS = 30_000;

/** The files of otel-config/, as they stand. */
export function otelConfig(name: string): string {
  return fileURLToPath(new URL(`../../otel-config/${name}`, import.meta.url));
}

/** What only a test changes: ports that do not clash, a short batch, files read from their beginning. */
function overrides(name: string, healthPort: number): string {
  const readsFiles = name !== "otlp.yaml";
  return [
    ...(readsFiles ? ["receivers: { filelog: { start_at: beginning } }"] : []),
    `extensions: { health_check: { endpoint: "127.0.0.1:${healthPort}" } }`,
    "exporters:",
    "  otlphttp:",
    '    encoding: "${env:TEST_ENCODING:-proto}"',
    "    sending_queue: { batch: { flush_timeout: 200ms } }",
    "service: { telemetry: { metrics: { level: none } } }",
  ].join("\n");
}

/** A real collector with a configuration of otel-config/, ready to read; ended with the test. */
export async function startCollector(name: string, env: Readonly<Record<string, string>>): Promise<Child> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-collector-"));
  const healthPort = await freePort();
  const override = join(folder, "override.yaml");
  await writeFile(override, overrides(name, healthPort));
  const child = startChild({
    command: TEST_COLLECTOR ?? "",
    args: ["--config", otelConfig(name), "--config", override],
    env: { OTELCOL_STORAGE_DIR: join(folder, "storage"), LOG_TIMEZONE: "UTC", ...env },
    cwd: folder,
  });
  onTestFinished(async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await until("the collector is healthy", STARTS_WITHIN_MS, async () => {
    if (!child.running) throw new Hopeless(`the collector did not start:\n${child.stderr.join("\n")}`);
    const response = await fetch(`http://127.0.0.1:${healthPort}/`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? true : null;
  });
  return child;
}

/** What the collector says about a configuration, its environment empty: "" when it is valid. */
export async function validateConfig(name: string): Promise<string> {
  const run = promisify(execFile);
  try {
    await run(TEST_COLLECTOR ?? "", ["validate", "--config", otelConfig(name)], {
      env: { PATH: process.env["PATH"] ?? "" },
    });
    return "";
  } catch (error) {
    return String(error);
  }
}
