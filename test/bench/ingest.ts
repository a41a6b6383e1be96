import { gunzipSync } from "node:zlib";
import { decodeRequest } from "../../src/otlp/decode.ts";
import { RequestType } from "../support/otlp-schema.ts";
import { COLLECTOR_BATCH, RequestTemplate } from "./corpus.ts";
import { cpuSeconds, cpuSecondsOf } from "./cpu.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Flooded } from "./messages.ts";
import { scrape } from "./prometheus.ts";
import { startCollector, startTocsin, type Receiver } from "./receivers.ts";
import { median, spread } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const CONNECTIONS = 4;
const REQUESTS_PER_ROUND = 128;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 7;
const DECODES_PER_ROUND = 24;

const UNIT = "records/CPU-s";

interface Figures {
  readonly perCpuSecond: readonly number[];
  readonly last: Flooded;
}

async function feed(receiver: Receiver, load: LoadGenerator): Promise<Figures> {
  const perCpuSecond: number[] = [];
  const job = { otlpPort: receiver.otlpPort, requests: REQUESTS_PER_ROUND, connections: CONNECTIONS };
  for (let round = 0; ; round++) {
    const before = cpuSeconds(receiver.pid);
    const last = await load.flood(job);
    const usedS = cpuSeconds(receiver.pid) - before;
    if (last.failed > 0)
      throw new Error(`${receiver.name} refused ${last.failed} of ${job.requests} requests`);
    if (round >= WARM_UP_ROUNDS) perCpuSecond.push(last.records / usedS);
    if (perCpuSecond.length === ROUNDS) return { perCpuSecond, last };
  }
}

/** Every record sent must be counted, none as late: a fast receiver that loses some has no figure. */
async function checkCounts(port: number, sent: number): Promise<void> {
  const samples = await scrape(port);
  const accepted = samples.get('tocsin_ingest_records_accepted_total{type="protobuf"}');
  const late = samples.get('tocsin_ingest_records_late_total{type="protobuf"}');
  if (accepted !== sent || late !== 0) throw new Error(`sent ${sent}, accepted ${accepted}, late ${late}`);
}

async function measured(start: () => Promise<Receiver>, load: LoadGenerator): Promise<Figures> {
  const receiver = await start();
  try {
    const figures = await feed(receiver, load);
    const sent = figures.last.records * (ROUNDS + WARM_UP_ROUNDS);
    if (receiver.port !== null) await checkCounts(receiver.port, sent);
    return figures;
  } finally {
    await receiver.stop();
  }
}

/** One step alone, in this process, on the same requests. */
function alone(step: (gzipped: Buffer) => unknown): readonly number[] {
  const bodies = Array.from({ length: DECODES_PER_ROUND }, (_, i) =>
    new RequestTemplate(COLLECTOR_BATCH, 1 + (i % 2)).gzipped(Date.now()),
  );
  const rounds = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, () => {
    const usedS = cpuSecondsOf(() => {
      for (const body of bodies) step(body);
    });
    return (bodies.length * COLLECTOR_BATCH.records) / usedS;
  });
  return rounds.slice(WARM_UP_ROUNDS);
}

const CHUNK = { chunkSize: 256 * 1024 };

function row(what: string, perCpuSecond: readonly number[], against: Measured["against"]): Measured {
  return {
    what,
    value: median(perCpuSecond),
    unit: UNIT,
    better: "higher",
    from: spread(perCpuSecond),
    against,
  };
}

/** Records per CPU-second through the real HTTP path. */
export async function* ingest(): AsyncGenerator<Table> {
  const binary = process.env["TEST_COLLECTOR"] ?? "";
  const load = new LoadGenerator();
  try {
    const tocsin = await measured(startTocsin, load);
    const collector = binary === "" ? null : await measured(() => startCollector(binary), load);
    const reference = alone((body) => RequestType.decode(gunzipSync(body, CHUNK)));
    const decoder = alone((body) => decodeRequest("protobuf", gunzipSync(body, CHUNK)));
    const inflate = alone((body) => gunzipSync(body, CHUNK));
    const peer = { name: "gunzip + protobufjs, without HTTP", value: median(reference) };
    const collectors =
      collector === null
        ? []
        : [
            row("Tocsin, HTTP to counted", tocsin.perCpuSecond, {
              name: "the collector",
              value: median(collector.perCpuSecond),
            }),
            row("OpenTelemetry Collector, HTTP to dropped", collector.perCpuSecond, null),
          ];
    const { plainBytes, wireBytes } = tocsin.last;
    yield {
      title: "Ingest: gzip protobuf over HTTP, 8,192 records a request, 4 connections",
      rows: [
        row("Tocsin, HTTP to counted", tocsin.perCpuSecond, peer),
        ...collectors,
        row("  gunzip + protobufjs alone", reference, null),
        row("  gunzip + Tocsin's decoder alone", decoder, peer),
        row("  gunzip alone: the floor", inflate, null),
      ],
      notes: [
        `${Math.round(plainBytes / COLLECTOR_BATCH.records)} bytes a record, ${(plainBytes / wireBytes).toFixed(1)} times smaller as gzip; every record was counted, none as late`,
        "CPU-seconds are the process's own, all threads, so other work on the machine matters little",
        "Tocsin decodes what it counts and the rest on demand; the collector decodes all and drops it",
        ...(collector === null ? ["set TEST_COLLECTOR to a collector's binary to compare with one"] : []),
        loadNote("at the end"),
      ],
    };
  } finally {
    await load.stop();
  }
}
