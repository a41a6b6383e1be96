import { gunzipSync } from "node:zlib";
import { decodeRequest } from "../../src/otlp/decode.ts";
import { RequestType } from "../support/otlp-schema.ts";
import { alone } from "./alone.ts";
import { COLLECTOR_BATCH, RequestTemplate } from "./corpus.ts";
import { collector, measured, NO_COLLECTOR, tocsin, type Feed, type Figures } from "./feed.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Transport } from "./messages.ts";
import { median, spread } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const FEED: Omit<Feed, "transport"> = {
  records: COLLECTOR_BATCH.records,
  connections: 4,
  requests: 128,
  rounds: 7,
};
const TRANSPORT_NAMES: Readonly<Record<Transport, string>> = { http: "HTTP", grpc: "gRPC" };
/** Times the collector's records per CPU-second, for counting alone and for the whole line. */
const COUNT_BAR = 4;
const WHOLE_BAR = 1;
const CHUNK = { chunkSize: 256 * 1024 };

function row(what: string, figures: readonly number[], against: Measured["against"]): Measured {
  return {
    what,
    value: median(figures),
    unit: "records/CPU-s",
    better: "higher",
    from: spread(figures),
    against,
  };
}

function times(bar: number, peer: Figures): NonNullable<Measured["against"]> {
  return { name: `bar: ${bar} x the collector`, value: bar * median(peer.recordsPerCpuS) };
}

async function rowsOver(transport: Transport, load: LoadGenerator): Promise<readonly [Measured[], Figures]> {
  const feed = { ...FEED, transport };
  const name = TRANSPORT_NAMES[transport];
  const counted = await measured(tocsin("count"), load, feed);
  const mined = await measured(tocsin("mine"), load, feed);
  const whole = await measured(tocsin(), load, feed);
  const start = collector();
  const peer = start === null ? null : await measured(start, load, feed);
  const against = (bar: number): Measured["against"] => (peer === null ? null : times(bar, peer));
  const level = peer === null ? null : { name: "the collector", value: median(peer.recordsPerCpuS) };
  const rows = [
    row(`Tocsin, ${name}: decode and count`, counted.recordsPerCpuS, level),
    row(`Tocsin, ${name}: decode and count`, counted.recordsPerCpuS, against(COUNT_BAR)),
    row(`Tocsin, ${name}: with mining`, mined.recordsPerCpuS, against(WHOLE_BAR)),
    row(`Tocsin, ${name}: with detection`, whole.recordsPerCpuS, against(WHOLE_BAR)),
    ...(peer === null ? [] : [row(`${peer.version}, ${name}: batched, dropped`, peer.recordsPerCpuS, null)]),
  ];
  return [rows, whole];
}

function steps(): readonly Measured[] {
  const bodies = [1, 2].map((seed) => new RequestTemplate(COLLECTOR_BATCH, seed).gzipped(Date.now()));
  const each = (step: (plain: Buffer) => unknown): readonly number[] =>
    alone(bodies, COLLECTOR_BATCH.records, (body) => step(gunzipSync(body, CHUNK)));
  const reference = each((plain) => RequestType.decode(plain));
  const peer = { name: "gunzip + protobufjs", value: median(reference) };
  return [
    row("  gunzip + protobufjs, without HTTP", reference, null),
    row(
      "  gunzip + Tocsin's decoder, without HTTP",
      each((plain) => decodeRequest("protobuf", plain)),
      peer,
    ),
    row(
      "  gunzip alone: the floor",
      each((plain) => plain),
      null,
    ),
  ];
}

/** Records per CPU-second through the real HTTP and gRPC paths. */
export async function* ingest(): AsyncGenerator<Table> {
  const load = new LoadGenerator();
  try {
    const [http, figures] = await rowsOver("http", load);
    const [grpc] = await rowsOver("grpc", load);
    const { plainBytes, wireBytes } = figures.last;
    yield {
      title: "Ingest: gzip protobuf, 8,192 records a request, 4 connections",
      rows: [...http, ...grpc, ...steps()],
      notes: [
        `${Math.round(plainBytes / COLLECTOR_BATCH.records)} bytes a record, ${(plainBytes / wireBytes).toFixed(1)} times smaller as gzip; every record was counted, none as late`,
        "CPU-seconds are the process's own, all threads, so other work on the machine matters little",
        "Tocsin decodes what it counts and the rest on demand; the collector decodes all and drops it",
        ...(collector() === null ? [NO_COLLECTOR] : []),
        loadNote("at the end"),
      ],
    };
  } finally {
    await load.stop();
  }
}
