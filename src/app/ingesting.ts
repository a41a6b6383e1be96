import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Metrics } from "../api/metrics.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { EpochMs } from "../log/time.ts";
import { WorkerPool } from "../ingest/pool.ts";
import type { FromThread, ThreadOptions } from "../ingest/protocol.ts";
import type { SpawnThread } from "../ingest/slot.ts";
import { ByteBudget } from "../otlp/byte-budget.ts";
import { InlineIntake, type Intake } from "../otlp/intake.ts";
import { RepeatGuard } from "../otlp/repeats.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Logger } from "pino";

/** Bodies live for a moment, outside the heap: a small nursery is enough. */
const YOUNG_GENERATION_MB = 16;

/** The worker's own file beside this one: `.ts` from source, `.js` from a build. */
function workerFile(): URL {
  const name = "./ingest-thread";
  return new URL(`${name}${extname(import.meta.url)}`, import.meta.url);
}

/** The main thread needs a processor for itself; more than these would wait for it. */
const MAX_WORKERS = 8;

function workerCount({ limits }: Config): number {
  return limits.ingestWorkers ?? Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1));
}

export interface Ingesting {
  readonly pool: WorkerPool;
  /** What an OTLP port hands bodies to; each has one of its own, as a sender tries again where it tried first. */
  readonly intake: () => Intake;
  /** Of the bodies that all ports read. */
  readonly budget: ByteBudget;
}

export interface IngestingPorts {
  readonly pipeline: Pipeline;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What takes request bodies: workers for the large ones, and how much all may hold together. */
export function createIngesting(config: Config, ports: IngestingPorts): Ingesting {
  const { pipeline, metrics, clock, log } = ports;
  const { limits, window, process } = config;
  const threads = workerCount(config);
  const cells = ByteBudget.cellsFor(threads);
  const budget = new ByteBudget(limits.maxInFlightBytes, cells);
  const pool = new WorkerPool({
    threads,
    spawn: threadSpawner({
      ...limits,
      budgetBytes: limits.maxInFlightBytes,
      budgetCells: cells,
      bucketMs: window.bucketMs,
      mines: pipeline.mines,
    }),
    inline: new InlineIntake({ maxBodyBytes: limits.maxBodyBytes, sink: pipeline }, clock),
    budget,
    clock,
    log,
    counted: (counted, slot, epoch, nowMs) => {
      pipeline.applyCounted(`${process.replica}/${slot + 1}`, epoch, counted, nowMs);
    },
    took: (tookMs) => metrics.observeStage("accept", tookMs),
  });
  const repeated = (records: number, nowMs: EpochMs): void => {
    metrics.countDropped("repeated_batch", records);
    pipeline.repeated(records, nowMs);
  };
  const intake = (): Intake => new RepeatGuard(pool, { clock, repeated });
  return { pool, intake, budget };
}

/** Real threads. */
export function threadSpawner(options: Omit<ThreadOptions, "slot">): SpawnThread {
  return (slot, { received, died }) => {
    const workerData: ThreadOptions = { ...options, slot };
    const worker = new Worker(workerFile(), {
      workerData,
      name: `tocsin-ingest-${slot + 1}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.on("message", (message: FromThread) => received(message));
    worker.on("error", (error) => died(error instanceof Error ? error.name : "error"));
    worker.on("exit", (code) => died(`exit ${code}`));
    return {
      post: (message, transfer) => worker.postMessage(message, [...transfer]),
      terminate: async () => {
        await worker.terminate();
      },
    };
  };
}
