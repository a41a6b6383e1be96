import { setTimeout as delay } from "node:timers/promises";
import { onTestFinished } from "vitest";

const EVERY_MS = 100;
const RECORDS = 20;
const ERRORS_WHEN_BROKEN = 8;
const ANSWER_WITHIN_MS = 5_000;

export interface Traffic {
  /** Sends to this port from now on. */
  to(otlpPort: number): void;
  /** From now on 8 of 20 records are errors. */
  breakDown(): void;
  recover(): void;
  /** The statuses answered since the last call; 0 for a request without an answer. */
  statuses(): number[];
}

function record(index: number, isError: boolean): object {
  return {
    timeUnixNano: `${BigInt(Date.now()) * 1_000_000n}`,
    severityNumber: isError ? 17 : 9,
    severityText: isError ? "ERROR" : "INFO",
    body: { stringValue: isError ? "connection pool exhausted" : `GET /cart/${index} 200` },
  };
}

function request(service: string, errors: number): string {
  return JSON.stringify({
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
        scopeLogs: [
          { logRecords: Array.from({ length: RECORDS }, (_, index) => record(index, index < errors)) },
        ],
      },
    ],
  });
}

async function send(otlpPort: number, body: string): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${otlpPort}/v1/logs`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** One service that logs 200 records a second over OTLP until the test ends, whether somebody listens or not. */
export function startTraffic(service: string): Traffic {
  const stopped = new AbortController();
  let otlpPort: number | null = null;
  let errors = 0;
  let statuses: number[] = [];
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (otlpPort !== null) statuses.push(await send(otlpPort, request(service, errors)));
      await delay(EVERY_MS);
    }
  };
  const done = run();
  onTestFinished(async () => {
    stopped.abort();
    await done;
  });
  return {
    to: (port) => (otlpPort = port),
    breakDown: () => (errors = ERRORS_WHEN_BROKEN),
    recover: () => (errors = 0),
    statuses: () => {
      const taken = statuses;
      statuses = [];
      return taken;
    },
  };
}
