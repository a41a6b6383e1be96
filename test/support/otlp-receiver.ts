import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";

import { pino } from "pino";
import { onTestFinished } from "vitest";

import type { Clock } from "../../src/clock.ts";
import { systemClock } from "../../src/clock.ts";
import type { LogBatch, LogRecord } from "../../src/log/batch.ts";
import type { AcceptOutcome, LogSink } from "../../src/log/sink.ts";
import type { RequestObservation } from "../../src/otlp/observation.ts";
import { createOtlpServer } from "../../src/otlp/server.ts";
import type { OtlpServer, OtlpServerOptions } from "../../src/otlp/server.ts";

/** Keeps every record it is given, decoded in full; answers what `next` says. */
export class CapturingSink implements LogSink {
  readonly records: LogRecord[] = [];
  readonly columns: { timeMs: number; severity: number; body: string }[] = [];
  next: (batch: LogBatch) => AcceptOutcome = (batch) => ({ kind: "accepted", accepted: batch.size, late: 0 });

  accept(batch: LogBatch): AcceptOutcome {
    const outcome = this.next(batch);
    if (outcome.kind === "overloaded") return outcome;
    for (let i = 0; i < batch.size; i++) {
      this.records.push(batch.record(i));
      this.columns.push({
        timeMs: batch.timesMs[i] ?? Number.NaN,
        severity: batch.severities[i] ?? -1,
        body: batch.body(i),
      });
    }
    return outcome;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PostOptions {
  readonly type?: string;
  readonly body?: Uint8Array | string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly chunked?: boolean;
}

/** A running receiver and ways to talk to it; closed when the test ends. */
export class Receiver {
  readonly sink: CapturingSink;
  readonly observations: RequestObservation[];
  readonly server: OtlpServer;
  readonly port: number;

  constructor(sink: CapturingSink, observations: RequestObservation[], server: OtlpServer, port: number) {
    this.sink = sink;
    this.observations = observations;
    this.server = server;
    this.port = port;
  }

  post({ type = "application/x-protobuf", body = "", ...rest }: PostOptions): Promise<Answer> {
    const bytes = Buffer.from(body);
    const length = rest.chunked === true ? {} : { "Content-Length": bytes.length };
    const contentType = type === "" ? {} : { "Content-Type": type };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: this.port,
          method: rest.method ?? "POST",
          path: rest.path ?? "/v1/logs",
          headers: { ...contentType, ...length, ...rest.headers },
          agent: false,
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("end", () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks),
            }),
          );
        },
      );
      outgoing.on("error", reject);
      outgoing.end(bytes);
    });
  }

  postJson(value: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.post({ type: "application/json", body: JSON.stringify(value), headers });
  }

  /** Writes bytes as they are; resolves with all that came back once the server closes, or `until` matches. */
  raw(bytes: string | Uint8Array, until?: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(bytes));
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (until?.test(text) === true) socket.destroy();
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
    });
  }
}

type Shared = Pick<OtlpServerOptions, "host" | "port" | "token" | "sink" | "clock" | "log" | "observe">;

/** What `create` makes, on a free port for the running test. */
export async function listening(create: (options: Shared) => OtlpServer): Promise<{
  readonly sink: CapturingSink;
  readonly observations: RequestObservation[];
  readonly server: OtlpServer;
  readonly port: number;
}> {
  const sink = new CapturingSink();
  const observations: RequestObservation[] = [];
  const server = create({
    host: "127.0.0.1",
    port: 0,
    token: null,
    sink,
    clock: systemClock,
    log: pino({ level: "silent" }),
    observe: (observation) => observations.push(observation),
  });
  const { port } = await server.listen();
  onTestFinished(() => server.close());
  return { sink, observations, server, port };
}

/** Starts a receiver on a free port for the running test. */
export async function startReceiver(
  options: Partial<OtlpServerOptions> & { clock?: Clock } = {},
): Promise<Receiver> {
  const { sink, observations, server, port } = await listening((shared) =>
    createOtlpServer({ ...shared, ...options }),
  );
  return new Receiver(sink, observations, server, port);
}
