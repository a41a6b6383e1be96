import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startCollector, validateConfig } from "../support/collector-process.ts";
import { startOtlpSink, type OtlpSink, type SentRecord } from "../support/collector-sink.ts";
import { until } from "../support/process-until.ts";
import { TEST_COLLECTOR } from "../support/servers-required.ts";

const ARRIVES_WITHIN_MS = 30_000;
const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const SPAN_ID = "eee19b7ec3c1b174";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-logs-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that appears while the collector runs is read from its beginning. */
async function writeLog(path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
}

async function arrived(sink: OtlpSink, count: number): Promise<readonly SentRecord[]> {
  return until(`${count} records at the sink`, ARRIVES_WITHIN_MS, () =>
    sink.records.length >= count ? sink.records : null,
  );
}

/** The record whose body starts so. */
function found(records: readonly SentRecord[], start: string): SentRecord {
  const record = records.find(({ body }) => typeof body === "string" && body.startsWith(start));
  if (record === undefined) throw new Error(`no record starts with "${start}": ${JSON.stringify(records)}`);
  return record;
}

describe.skipIf(TEST_COLLECTOR === null)("otel-config", () => {
  test.for(["host-files.yaml", "docker.yaml", "kubernetes.yaml", "otlp.yaml"])(
    "%s is valid as it stands, with nothing in the environment",
    async (name) => {
      expect(await validateConfig(name)).toBe("");
    },
  );

  test("files of a host: text and JSON lines have time, severity and service, stack traces are one record", async () => {
    const folder = await temporaryFolder();
    const sink = await startOtlpSink();
    await startCollector("host-files.yaml", {
      LOG_FILES: join(folder, "*.log"),
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
      DEPLOYMENT_ENVIRONMENT: "staging",
    });
    await writeLog(join(folder, "payment-api-2026-01-15.log"), [
      "2026-01-15T10:30:00.123Z INFO started, ERROR is a word here",
      "2026-01-15 10:30:01,456 ERROR [main] c.a.Pay - could not pay",
      "java.lang.IllegalStateException: boom",
      "\tat com.acme.Pay.pay(Pay.java:10)",
      "Caused by: java.io.IOException: x",
      "2026/01/15 10:30:02 [error] 123#0: *1 connect() failed",
      'time="2026-01-15T12:30:03+02:00" level=warning msg="slow"',
      '{"level":50,"time":1768473004123,"msg":"pino error","reqId":7}',
      `{"severity":"CRITICAL","timestamp":"2026-01-15T10:30:05.5Z","message":"no disk","trace_id":"${TRACE_ID}","span_id":"${SPAN_ID}"}`,
      "ERROR:root:python",
      "Traceback (most recent call last):",
      '  File "x.py", line 1',
      "ValueError: bad",
      '{"broken json',
      "no level here",
    ]);
    const records = await arrived(sink, 9);

    const summary = (start: string): unknown => {
      const { severityNumber, time, body } = found(records, start);
      return [severityNumber, time, typeof body === "string" ? body.split("\n").length : 0];
    };
    expect(summary("2026-01-15T10:30:00.123Z")).toEqual([9, "2026-01-15T10:30:00.123Z", 1]);
    expect(summary("2026-01-15 10:30:01,456")).toEqual([17, "2026-01-15T10:30:01.456Z", 4]);
    expect(summary("2026/01/15")).toEqual([17, "2026-01-15T10:30:02.000Z", 1]);
    expect(summary("time=")).toEqual([13, "2026-01-15T10:30:03.000Z", 1]);
    expect(summary("pino error")).toEqual([17, "2026-01-15T10:30:04.123Z", 1]);
    expect(summary("no disk")).toEqual([18, "2026-01-15T10:30:05.500Z", 1]);
    expect(summary("ERROR:root")).toEqual([17, null, 4]);
    expect(summary('{"broken')).toEqual([0, null, 1]);
    expect(summary("no level")).toEqual([0, null, 1]);
    expect(found(records, "no disk").traceId).toBe(TRACE_ID);
    expect(found(records, "pino error").attributes["reqId"]).toBeDefined();
    expect(new Set(records.map(({ resource }) => JSON.stringify(resource["service.name"])))).toEqual(
      new Set(['"payment-api"']),
    );
    expect(records[0]?.resource["deployment.environment.name"]).toBe("staging");
    expect(new Set(sink.encodings)).toEqual(new Set(["zstd"]));
  });

  test("files of a host: one service name for all of them when the environment gives one", async () => {
    const folder = await temporaryFolder();
    const sink = await startOtlpSink();
    await startCollector("host-files.yaml", {
      LOG_FILES: join(folder, "*.log"),
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
      SERVICE_NAME: "shop",
    });
    await writeLog(join(folder, "a.log"), ["INFO one"]);
    await writeLog(join(folder, "b.log"), ["INFO two"]);
    const records = await arrived(sink, 2);
    expect(records.map(({ resource }) => resource["service.name"])).toEqual(["shop", "shop"]);
  });

  test("Docker containers: cut lines are joined, the Compose service or the tag is the service", async () => {
    const folder = await temporaryFolder();
    const sink = await startOtlpSink();
    await startCollector("docker.yaml", {
      DOCKER_LOGS: join(folder, "*", "*-json.log"),
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
    });
    const line = (log: string, second: number, attrs: object): string =>
      JSON.stringify({ log, stream: "stdout", attrs, time: `2026-01-15T10:30:0${second}.5Z` });
    const compose = { tag: "shop-payment-1", "com.docker.compose.service": "payment" };
    const id = "0123456789ab".padEnd(64, "c");
    await writeLog(join(folder, id, `${id}-json.log`), [
      line("ERROR could not pay\n", 0, compose),
      line("\tat com.acme.Pay\n", 1, compose),
      line("a long line ", 2, { tag: "cron" }),
      line("in two pieces\n", 2, { tag: "cron" }),
      line('{"level":"warn","msg":"low stock"}\n', 3, {}),
    ]);
    const records = await arrived(sink, 3);

    const trace = found(records, "ERROR could");
    expect(trace.body).toBe("ERROR could not pay\n\tat com.acme.Pay");
    expect([trace.severityNumber, trace.time]).toEqual([17, "2026-01-15T10:30:00.500Z"]);
    expect(trace.resource).toMatchObject({ "service.name": "payment", "container.id": id });
    expect(found(records, "a long line").body).toBe("a long line in two pieces");
    expect(found(records, "a long line").resource["service.name"]).toBe("cron");
    expect(found(records, "low stock").severityNumber).toBe(13);
    expect(found(records, "low stock").resource["service.name"]).toBe("0123456789ab");
  });

  test("Kubernetes containers: the workload is the service, its namespace keeps equal names apart", async () => {
    const folder = await temporaryFolder();
    const sink = await startOtlpSink();
    await startCollector("kubernetes.yaml", {
      POD_LOGS: join(folder, "*", "*", "*.log"),
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
      K8S_CLUSTER_NAME: "blue",
    });
    const pod = (name: string): string =>
      join(folder, `${name}_0f7c0a58-2a5b-4f0c-9d6e-3c3f6d1b2a40`, "main", "0.log");
    await writeLog(pod("shop_cart-7d9f8b6c5-x2x4z"), [
      "2026-01-15T10:30:01.5Z stderr P ERROR could not ",
      "2026-01-15T10:30:01.5Z stderr F reach the database",
      "2026-01-15T10:30:01.6Z stderr F \tat com.acme.Cart(Cart.java:3)",
      `2026-01-15T10:30:02.5Z stdout F {"level":"error","message":"json error"}`,
    ]);
    await writeLog(pod("shop_db-0"), ["2026-01-15T10:30:01.5Z stdout F plain"]);
    await writeLog(pod("infra_fluent-bit-x2x4z"), [
      "2026-01-15T10:30:01.5Z stderr F E0115 10:30:01.500000       1 controller.go:114] failed to sync",
    ]);
    await writeLog(pod("infra_backup-28391234-b7kqz"), ["2026-01-15T10:30:01.5Z stdout F saved"]);
    const records = await arrived(sink, 5);

    const cart = found(records, "ERROR could");
    expect(cart.body).toBe("ERROR could not reach the database\n\tat com.acme.Cart(Cart.java:3)");
    expect([cart.severityNumber, cart.time]).toEqual([17, "2026-01-15T10:30:01.500Z"]);
    expect(cart.resource).toMatchObject({
      "service.name": "cart",
      "service.namespace": "shop",
      "k8s.pod.name": "cart-7d9f8b6c5-x2x4z",
      "k8s.container.name": "main",
      "k8s.cluster.name": "blue",
    });
    expect(found(records, "json error").severityNumber).toBe(17);
    expect(found(records, "E0115").severityNumber).toBe(17);
    expect(found(records, "E0115").resource["service.name"]).toBe("fluent-bit");
    expect(found(records, "plain").resource["service.name"]).toBe("db");
    expect(found(records, "saved").resource["service.name"]).toBe("backup");
  });

  test("a restart of the collector goes on where it stopped", async () => {
    const folder = await temporaryFolder();
    const sink = await startOtlpSink();
    const env = {
      LOG_FILES: join(folder, "*.log"),
      OTELCOL_STORAGE_DIR: join(folder, "storage"),
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
    };
    const first = await startCollector("host-files.yaml", env);
    await writeLog(join(folder, "cart.log"), ["INFO before"]);
    await arrived(sink, 1);
    await first.stop();
    await appendFile(join(folder, "cart.log"), "INFO meanwhile\n");
    await startCollector("host-files.yaml", env);
    const records = await arrived(sink, 2);
    expect(records.map(({ body }) => body)).toEqual(["INFO before", "INFO meanwhile"]);
  });

  test("an application's OTLP: passed on as it came, the environment only where it is missing", async () => {
    const sink = await startOtlpSink();
    await startCollector("otlp.yaml", {
      OTLP_ENDPOINT: sink.url,
      TEST_ENCODING: "json",
      DEPLOYMENT_ENVIRONMENT: "staging",
    });
    const send = async (attributes: Readonly<Record<string, string>>, body: string): Promise<number> => {
      const pairs = Object.entries(attributes).map(([key, value]) => ({
        key,
        value: { stringValue: value },
      }));
      const logRecords = [{ severityNumber: 9, body: { stringValue: body } }];
      const response = await fetch("http://127.0.0.1:14318/v1/logs", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({
          resourceLogs: [{ resource: { attributes: pairs }, scopeLogs: [{ logRecords }] }],
        }),
      });
      return response.status;
    };
    expect(await send({ "service.name": "cart" }, "none")).toBe(200);
    expect(await send({ "deployment.environment.name": "qa" }, "new")).toBe(200);
    expect(await send({ "deployment.environment": "old-qa" }, "old")).toBe(200);
    const records = await arrived(sink, 3);
    const environment = (body: string): unknown =>
      found(records, body).resource["deployment.environment.name"];
    expect([environment("none"), environment("new"), environment("old")]).toEqual([
      "staging",
      "qa",
      "old-qa",
    ]);
    expect(found(records, "none").resource["service.name"]).toBe("cart");
  });
});
