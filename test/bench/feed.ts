import { cpuSeconds } from "./cpu.ts";
import type { LoadGenerator } from "./load-generator.ts";
import type { Flooded, Target, Transport } from "./messages.ts";
import { scrape } from "./prometheus.ts";
import { startCollector, startTocsin, type Receiver, type Step } from "./receivers.ts";

const WARM_UP_ROUNDS = 2;

export interface Feed {
  readonly transport: Transport;
  /** In every request. */
  readonly records: number;
  readonly connections: number;
  /** In every round. */
  readonly requests: number;
  readonly rounds: number;
}

export interface Figures {
  readonly version: string;
  readonly recordsPerCpuS: readonly number[];
  readonly last: Flooded;
}

/** What a receiver is started by, once for each measurement. */
export type Start = () => Promise<Receiver>;

export const tocsin =
  (step: Step = "all"): Start =>
  () =>
    startTocsin(step);

export const NO_COLLECTOR =
  "set TEST_COLLECTOR to the binary that test/collector/build.sh prints to compare with one";

/** null where no collector is at hand. */
export function collector(): Start | null {
  const binary = process.env["TEST_COLLECTOR"] ?? "";
  return binary === "" ? null : () => startCollector(binary);
}

export function targetOf(receiver: Receiver, feed: Omit<Target, "port">): Target {
  const { transport, records, connections } = feed;
  return {
    transport,
    records,
    connections,
    port: transport === "grpc" ? receiver.grpcPort : receiver.otlpPort,
  };
}

/** Runs `use` with a fresh receiver, which ends with it. */
export async function withReceiver<T>(start: Start, use: (receiver: Receiver) => Promise<T>): Promise<T> {
  const receiver = await start();
  try {
    return await use(receiver);
  } finally {
    await receiver.stop();
  }
}

async function rounds(receiver: Receiver, load: LoadGenerator, feed: Feed): Promise<Figures> {
  const recordsPerCpuS: number[] = [];
  const job = { ...targetOf(receiver, feed), requests: feed.requests };
  for (let round = 0; ; round++) {
    const before = cpuSeconds(receiver.pid);
    const last = await load.flood(job);
    const usedS = cpuSeconds(receiver.pid) - before;
    if (last.failed > 0)
      throw new Error(`${receiver.name} refused ${last.failed} of ${job.requests} requests`);
    if (round >= WARM_UP_ROUNDS) recordsPerCpuS.push(last.records / usedS);
    if (recordsPerCpuS.length === feed.rounds) return { version: receiver.version, recordsPerCpuS, last };
  }
}

/** Every record sent must be counted, none as late: a fast receiver that loses some has no figure. */
export async function checkCounts(port: number, sent: number): Promise<void> {
  const samples = await scrape(port);
  const total = (name: string): number => {
    const counters = [...samples].filter(([key]) => key.startsWith(`tocsin_ingest_records_${name}_total{`));
    return counters.reduce((sum, [, value]) => sum + value, 0);
  };
  const [accepted, late] = [total("accepted"), total("late")];
  if (accepted !== sent || late !== 0) throw new Error(`sent ${sent}, accepted ${accepted}, late ${late}`);
}

/** Records per CPU-second of a fresh receiver's process, by rounds. */
export function measured(start: Start, load: LoadGenerator, feed: Feed): Promise<Figures> {
  return withReceiver(start, async (receiver) => {
    const figures = await rounds(receiver, load, feed);
    const sent = figures.last.records * (feed.rounds + WARM_UP_ROUNDS);
    if (receiver.port !== null) await checkCounts(receiver.port, sent);
    return figures;
  });
}
