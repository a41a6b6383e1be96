import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { startCollectorSender } from "../support/collector-sender.ts";
import { Certificates } from "../support/otlp-certificates.ts";
import { countedOf, metricOf } from "../support/process-counts.ts";
import { startTocsin, type TocsinProcess } from "../support/process-tocsin.ts";
import { staysTrue, until } from "../support/process-until.ts";
import { TEST_COLLECTOR, TEST_PYTHON } from "../support/servers-required.ts";
import { freePort } from "../support/slack-emulator.ts";

const ARRIVES_WITHIN_MS = 30_000;
const STAYS_FOR_MS = 2_000;
const SERVICE = "cart";
const RECORDS = 25;
const OUTAGE_MS = 30_000;
const GIVE_EVERY_MS = 50;
const RETRY = { initial_interval: "1s", max_interval: "5s", max_elapsed_time: "5m" };

/** The window holds so many records of the service, and no more come. */
async function countsExactly(tocsin: TocsinProcess, service: string, records: number): Promise<void> {
  await until(`${records} records of ${service} are counted`, ARRIVES_WITHIN_MS, async () =>
    (await countedOf(tocsin, service)) >= records ? true : null,
  );
  const exact = await staysTrue(STAYS_FOR_MS, async () => (await countedOf(tocsin, service)) === records);
  expect([exact, await countedOf(tocsin, service)]).toEqual([true, records]);
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-queue-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What a user can write as `compression` of an exporter, and what Tocsin calls it. */
const HTTP_CODINGS = [
  ["none", "identity"],
  ["gzip", "gzip"],
  ["zstd", "zstd"],
  ["zlib", "deflate"],
  ["deflate", "deflate"],
  ["snappy", "snappy"],
  ["x-snappy-framed", "x-snappy-framed"],
  ["lz4", "lz4"],
] as const;
const GRPC_CODINGS = [
  ["none", "identity"],
  ["gzip", "gzip"],
  ["snappy", "snappy"],
  ["zstd", "zstd"],
] as const;

describe.skipIf(TEST_COLLECTOR === null)("28 a real collector", () => {
  test("is understood in every compression that it has, over HTTP and gRPC, protobuf and JSON", async () => {
    const tocsin = await startTocsin();
    const endpoint = `http://127.0.0.1:${tocsin.otlpPort}`;
    const tls = { insecure: true };
    const http = HTTP_CODINGS.map(([compression]) => [`otlphttp/${compression}`, { endpoint, compression }]);
    const grpc = GRPC_CODINGS.map(([compression]) => [
      `otlp/${compression}`,
      { endpoint: `127.0.0.1:${tocsin.otlpGrpcPort}`, compression, tls },
    ]);
    const json = ["otlphttp/json", { endpoint, encoding: "json" }] as const;
    const exporters = Object.fromEntries([...http, ...grpc, json]);
    const collector = await startCollectorSender({ exporters });
    await collector.give(SERVICE, RECORDS);
    await countsExactly(tocsin, SERVICE, Object.keys(exporters).length * RECORDS);
    const requests = (transport: string, encoding: string): Promise<number> =>
      metricOf(tocsin, "tocsin_ingest_requests_total", {
        transport,
        encoding,
        type: "protobuf",
        code: "200",
      });
    for (const [transport, codings] of [
      ["http", HTTP_CODINGS],
      ["grpc", GRPC_CODINGS],
    ] as const) {
      const named = codings.map(([, name]) => name);
      const taken = await Promise.all(named.map((name) => requests(transport, name)));
      expect(taken).toEqual(named.map((name) => named.filter((other) => other === name).length));
    }
    expect(await metricOf(tocsin, "tocsin_ingest_requests_total")).toBe(Object.keys(exporters).length);
  });

  test("gets in over TLS with its client certificate, on both ports, and without one on neither", async () => {
    const certificates = new Certificates();
    const [server, client] = [certificates.selfSigned("localhost"), certificates.selfSigned("client")];
    const tocsin = await startTocsin({
      TOCSIN_TLS_CERT: server.certPath,
      TOCSIN_TLS_KEY: server.keyPath,
      TOCSIN_TLS_CLIENT_CA: client.certPath,
    });
    const known = { ca_file: server.certPath, cert_file: client.certPath, key_file: client.keyPath };
    const unknown = { ca_file: server.certPath };
    const exporterOf = (tls: object): Record<string, unknown> => ({
      otlphttp: { endpoint: `https://127.0.0.1:${tocsin.otlpPort}`, tls },
      otlp: { endpoint: `127.0.0.1:${tocsin.otlpGrpcPort}`, tls },
    });
    const stranger = await startCollectorSender({ exporters: exporterOf(unknown) });
    await stranger.give("stranger", RECORDS);
    const collector = await startCollectorSender({ exporters: exporterOf(known) });
    await collector.give(SERVICE, RECORDS);
    await countsExactly(tocsin, SERVICE, 2 * RECORDS);
    expect(await countedOf(tocsin, "stranger")).toBe(0);
    for (const transport of ["http", "grpc"]) {
      const refused = { transport, reason: "handshake" };
      expect(await metricOf(tocsin, "tocsin_ingest_requests_total", refused)).toBeGreaterThan(0);
    }
  });

  test.for([
    ["over HTTP", "otlphttp"],
    ["over gRPC", "otlp"],
  ] as const)("%s loses and repeats nothing when Tocsin is restarted in mid-stream", async ([, exporter]) => {
    const [folder, httpPort, grpcPort] = [await temporaryFolder(), await freePort(), await freePort()];
    const env = {
      TOCSIN_OTLP_PORT: String(httpPort),
      TOCSIN_OTLP_GRPC_PORT: String(grpcPort),
      TOCSIN_DATA_DIR: join(folder, "data"),
    };
    const first = await startTocsin(env);
    const endpoint = exporter === "otlp" ? `127.0.0.1:${grpcPort}` : `http://127.0.0.1:${httpPort}`;
    const collector = await startCollectorSender({
      exporters: { [exporter]: { endpoint, tls: { insecure: true }, retry_on_failure: RETRY } },
    });
    let given = 0;
    const stopped = new AbortController();
    const giving = (async () => {
      for (; !stopped.signal.aborted; given += RECORDS) {
        await collector.give(SERVICE, RECORDS);
        await delay(GIVE_EVERY_MS);
      }
    })();
    await until("records arrive", ARRIVES_WITHIN_MS, async () =>
      (await countedOf(first, SERVICE)) > 10 * RECORDS ? true : null,
    );
    expect(await first.stop()).toBe(0);
    const second = await startTocsin(env);
    await delay(STAYS_FOR_MS);
    stopped.abort();
    await giving;
    // A graceful stop answers every request that it read, so not even a retried request is counted twice.
    await countsExactly(second, SERVICE, given);
    expect(await metricOf(second, "tocsin_ingest_records_accepted_total")).toBeLessThan(given);
  });

  test("keeps everything over an outage of 30 s and a restart of its own, in its queue on disk", async () => {
    const [folder, port] = [await temporaryFolder(), await freePort()];
    const env = { TOCSIN_OTLP_PORT: String(port), TOCSIN_DATA_DIR: join(folder, "data") };
    const config = {
      extensions: { file_storage: { directory: join(folder, "queue"), create_directory: true } },
      exporters: {
        otlphttp: {
          endpoint: `http://127.0.0.1:${port}`,
          retry_on_failure: RETRY,
          sending_queue: { storage: "file_storage" },
        },
      },
    };
    const before = await startTocsin(env);
    const collector = await startCollectorSender(config);
    await collector.give(SERVICE, RECORDS);
    await countsExactly(before, SERVICE, RECORDS);
    expect(await before.stop()).toBe(0);
    const outageMs = performance.now();
    for (let i = 0; i < 10; i++) await collector.give(SERVICE, RECORDS);
    await delay(OUTAGE_MS / 3);
    await collector.stop();
    const restarted = await startCollectorSender(config);
    for (let i = 0; i < 10; i++) await restarted.give(SERVICE, RECORDS);
    await delay(Math.max(0, OUTAGE_MS - (performance.now() - outageMs)));
    const after = await startTocsin(env);
    await countsExactly(after, SERVICE, 21 * RECORDS);
  });
});

const SEND = fileURLToPath(new URL("../python/send.py", import.meta.url));
const PYTHON_RECORDS = 2_000;
const PYTHON_RUNS = [
  ["http", "none", "identity"],
  ["http", "gzip", "gzip"],
  ["grpc", "none", "identity"],
  ["grpc", "gzip", "gzip"],
] as const;

describe.skipIf(TEST_PYTHON === null)("the Python SDK", () => {
  test("delivers every record over HTTP and gRPC, plain and in gzip, and sees no error", async () => {
    const tocsin = await startTocsin();
    for (const [transport, compression, encoding] of PYTHON_RUNS) {
      const port = transport === "http" ? tocsin.otlpPort : tocsin.otlpGrpcPort;
      const service = `${transport}-${compression}`;
      const args = [
        SEND,
        transport,
        compression,
        `http://127.0.0.1:${port}`,
        String(PYTHON_RECORDS),
        service,
      ];
      const { stderr } = await promisify(execFile)(TEST_PYTHON ?? "", args);
      expect(stderr).not.toMatch(/error|failed|retry/i);
      const labels = { transport, encoding, code: "200", type: "protobuf" };
      expect(await metricOf(tocsin, "tocsin_ingest_requests_total", labels)).toBeGreaterThan(0);
    }
    for (const [transport, compression] of PYTHON_RUNS)
      await countsExactly(tocsin, `${transport}-${compression}`, PYTHON_RECORDS);
    const { body } = await tocsin.get("/services");
    const { services } = body as { services: { error_rate: number }[] };
    expect(services.map(({ error_rate }) => error_rate)).toEqual(PYTHON_RUNS.map(() => 0.25));
  });
});
