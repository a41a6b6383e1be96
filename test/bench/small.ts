import { collector, measured, NO_COLLECTOR, tocsin, type Figures } from "./feed.ts";
import { LoadGenerator } from "./load-generator.ts";
import { median, spread } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

/** Records in a request, and how many such requests make a round of about a second. */
const SIZES: readonly (readonly [records: number, requests: number])[] = [
  [1, 16_384],
  [10, 12_288],
  [100, 6_144],
];
const CONNECTIONS = 8;
const ROUNDS = 5;

function rowsOf(records: number, figures: Figures, against: Figures | null): readonly Measured[] {
  const what = against === null ? figures.version : "Tocsin";
  const shape = `${records} record${records === 1 ? "" : "s"} a request`;
  const common = { better: "higher", from: spread(figures.recordsPerCpuS) } as const;
  const value = median(figures.recordsPerCpuS);
  const peer = against === null ? null : median(against.recordsPerCpuS);
  const peerOf = (divisor: number): Measured["against"] =>
    peer === null ? null : { name: "the collector", value: peer / divisor };
  return [
    {
      ...common,
      what: `${what}: ${shape}`,
      value: value / records,
      unit: "requests/CPU-s",
      against: peerOf(records),
    },
    { ...common, what: `${what}: ${shape}`, value, unit: "records/CPU-s", against: peerOf(1) },
  ];
}

/** Requests that carry little: here HTTP costs more than the records do. */
export async function* small(): AsyncGenerator<Table> {
  const load = new LoadGenerator();
  const start = collector();
  const rows: Measured[] = [];
  try {
    for (const [records, requests] of SIZES) {
      const feed = {
        transport: "http",
        records,
        connections: CONNECTIONS,
        requests,
        rounds: ROUNDS,
      } as const;
      const ours = await measured(tocsin(), load, feed);
      const peer = start === null ? null : await measured(start, load, feed);
      rows.push(...rowsOf(records, ours, peer), ...(peer === null ? [] : rowsOf(records, peer, null)));
    }
    yield {
      title: `Small requests: gzip protobuf over HTTP, ${CONNECTIONS} kept-alive connections`,
      rows,
      notes: [
        "rounds are of records per CPU-second; the bar is the collector's figure at 1 record a request",
        ...(start === null ? [NO_COLLECTOR] : []),
        loadNote("at the end"),
      ],
    };
  } finally {
    await load.stop();
  }
}
