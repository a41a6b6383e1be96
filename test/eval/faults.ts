import { LLMock } from "@copilotkit/aimock";
import { pino } from "pino";
import type { ClaudeOptions } from "../../src/analysis/claude.ts";
import { AnalysisWorker } from "../../src/analysis/worker.ts";
import { systemClock } from "../../src/clock.ts";
import { testAnalyst } from "../support/claude-analyst.ts";
import { DeskFake, QueueFake } from "../support/claude-desk.ts";
import { ClaudeFake } from "../support/claude-fake.ts";
import { requestProblems } from "../support/claude-rules.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { FAULTS, type Fault, type MockPlay } from "./faults-list.ts";
import type { EvalTable } from "./table.ts";

const DEADLINE_MS = 400;
const ATTEMPT_MS = 150;
/** What a busy machine may add; well below `LATE_MS`. */
const BUSY_MS = 1_000;
const LATE_MS = 4 * DEADLINE_MS;
const DEEP = { model: "claude-opus-5-5", effort: "high", maxTokens: 8_000, maxTurns: 3 } as const;

interface Ended {
  readonly fault: string;
  readonly tookMs: number;
  readonly told: string;
  readonly inTime: boolean;
  readonly settled: boolean;
}

/** One alert through the worker, until something is said of its analysis. */
async function ended({ name, deep }: Fault, api: Pick<ClaudeOptions, "fetch" | "baseUrl">): Promise<Ended> {
  const analyst = testAnalyst({
    ...api,
    timeoutMs: ATTEMPT_MS,
    clock: systemClock,
    deep: deep ? DEEP : null,
  });
  const queue = new QueueFake();
  const desk = new DeskFake();
  const alert = sampleAlert({ severity: deep ? "critical" : "high" });
  desk.add(alert);
  queue.add(1, alert.id);
  const startedMs = performance.now();
  const over = new Promise<void>((resolve) => {
    const worker = new AnalysisWorker({
      analyst,
      queue,
      desk,
      clock: systemClock,
      log: pino({ enabled: false }),
      backoff: (n) => 10 * n,
      deadlineMs: () => DEADLINE_MS,
      pollMs: 10_000,
      onOutcome: () => {
        setImmediate(() => void worker.stop().then(resolve));
      },
    });
    worker.start();
  });
  const late = AbortSignal.timeout(LATE_MS);
  await Promise.race([over, new Promise<void>((resolve) => late.addEventListener("abort", () => resolve()))]);
  const tookMs = performance.now() - startedMs;
  return {
    fault: name,
    tookMs: Math.round(tookMs),
    told: desk.log.at(-1) ?? "nothing",
    inTime: tookMs <= DEADLINE_MS + BUSY_MS,
    settled: queue.jobs.size === 0 && desk.log.length === 1 && desk.log[0]?.startsWith("failed ") === true,
  };
}

interface Faked extends Ended {
  /** Requests that the real API would have refused. */
  readonly refused: number;
}

async function againstFake(fault: Fault): Promise<Faked> {
  const fake = new ClaudeFake(...Array.from({ length: 40 }, () => fault.reply));
  const found = await ended(fault, { fetch: fake.fetch });
  const refused = fake.requests.filter(({ body }) => requestProblems(body).length > 0).length;
  return { ...found, refused };
}

async function againstMock(mock: LLMock, fault: Fault, { response, chaos }: MockPlay): Promise<Ended> {
  mock.reset();
  mock.onMessage(/.*/, response, chaos === undefined ? {} : { chaos });
  return ended({ ...fault, name: `aimock: ${fault.name}` }, { baseUrl: mock.url });
}

async function allAgainstMock(): Promise<readonly Ended[]> {
  const mock = new LLMock({ port: 0, logLevel: "silent" });
  await mock.start();
  try {
    const found: Ended[] = [];
    for (const fault of FAULTS) {
      if (fault.mock !== null) found.push(await againstMock(mock, fault, fault.mock));
    }
    return found;
  } finally {
    await mock.stop();
  }
}

/** Every fault through the worker, against the strict fake and, over real HTTP, against aimock. */
export async function faultTable(): Promise<EvalTable> {
  const faked: Faked[] = [];
  for (const fault of FAULTS) faked.push(await againstFake(fault));
  const mocked = await allAgainstMock();
  const none = { at: "most", value: 0 } as const;
  const figures = (all: readonly Ended[], of: string): EvalTable["figures"] => [
    {
      what: "not over within the deadline",
      value: all.filter(({ inTime }) => !inTime).length,
      unit: "count",
      of,
      bar: none,
    },
    {
      what: "alert left without a word on its analysis, or told twice",
      value: all.filter(({ settled }) => !settled).length,
      unit: "count",
      of,
      bar: none,
    },
  ];
  return {
    title: "Faults of the API",
    figures: [
      ...figures(faked, `${faked.length} faults of the strict fake`),
      {
        what: "requests that the API would refuse",
        value: faked.reduce((sum, one) => sum + one.refused, 0),
        unit: "count",
        of: "the same",
        bar: none,
      },
      ...figures(mocked, `${mocked.length} faults of aimock over HTTP`),
    ],
    notes: [
      `Deadline ${DEADLINE_MS} ms here, one attempt ${ATTEMPT_MS} ms, each fault as often as it is asked; the alert itself was stored and told before.`,
      `aimock cannot play: ${FAULTS.filter(({ mock }) => mock === null)
        .map(({ name }) => name)
        .join("; ")}.`,
    ],
    cases: [...faked, ...mocked].map(({ tookMs: _tookMs, ...one }) => one),
  };
}
