import { connect } from "node:http2";
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";

import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ChannelCredentials, ClientOptions, ServiceError } from "@grpc/grpc-js";

import { onTestFinished } from "vitest";

import type { Clock } from "../../src/clock.ts";
import { createOtlpGrpcServer } from "../../src/otlp/grpc-server.ts";
import type { OtlpGrpcServerOptions } from "../../src/otlp/grpc-server.ts";
import type { RequestObservation } from "../../src/otlp/observation.ts";
import type { OtlpServer } from "../../src/otlp/server.ts";
import { detailsOf } from "./otlp-grpc-status.ts";
import type { GrpcDetails } from "./otlp-grpc-status.ts";
import { decodeResponse } from "./otlp-schema.ts";
import { type CapturingSink, listening } from "./otlp-receiver.ts";

export const EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/** How a call ended, for a client that knows no more of us than the protocol. */
export type CallEnd =
  | { readonly code: 0; readonly response: unknown }
  | { readonly code: number; readonly message: string; readonly details: GrpcDetails | null };

export interface CallOptions {
  readonly path?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

function endOf(error: ServiceError | null, response: Buffer | undefined): CallEnd {
  if (error === null) return { code: 0, response: decodeResponse(response ?? Buffer.alloc(0)) };
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  return {
    code: error.code,
    message: error.details,
    details: Buffer.isBuffer(bytes) ? detailsOf(bytes) : null,
  };
}

const AS_IS = (bytes: Buffer): Buffer => bytes;

/** A grpc-js client that sends bytes as they are. */
export class RawClient {
  readonly #client: Client;

  constructor(
    port: number,
    channel: ChannelCredentials = credentials.createInsecure(),
    options: ClientOptions = {},
  ) {
    // Without a pool of its own the connection would be shared with every other client of the process.
    this.#client = new Client(`127.0.0.1:${port}`, channel, {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_retries": 0,
      ...options,
    });
    onTestFinished(() => this.close());
  }

  call(message: Uint8Array, { path = EXPORT, metadata = {} }: CallOptions = {}): Promise<CallEnd> {
    const headers = new Metadata();
    for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, AS_IS, AS_IS, Buffer.from(message), headers, (error, response) =>
        resolve(endOf(error, response)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** What came back on one stream, before anybody made a gRPC status of it. */
export interface RawEnd {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly resetCode: number;
}

/** A running receiver and ways to talk to it; closed when the test ends. */
export class GrpcReceiver {
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

  /** A bare HTTP/2 connection, closed with the test. */
  connect(): ClientHttp2Session {
    const session = connect(`http://127.0.0.1:${this.port}`);
    session.on("error", () => undefined);
    onTestFinished(() => session.destroy());
    return session;
  }

  /** Sends chunks as they are on a connection of their own, or on `session`. */
  raw(
    chunks: readonly Uint8Array[],
    headers: OutgoingHttpHeaders = {},
    session: ClientHttp2Session = this.connect(),
  ): Promise<RawEnd> {
    const stream = session.request({
      ":method": "POST",
      ":path": EXPORT,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    return new Promise((resolve) => {
      let answered: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      const body: Buffer[] = [];
      stream.on("response", (received) => (answered = received));
      stream.on("trailers", (received) => (trailers = received));
      stream.on("data", (chunk: Buffer) => body.push(chunk));
      stream.on("error", () => undefined);
      stream.on("close", () =>
        resolve({ headers: answered, trailers, body: Buffer.concat(body), resetCode: stream.rstCode ?? 0 }),
      );
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
    });
  }
}

/** A message with its prefix. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Starts a receiver on a free port for the running test. */
export async function startGrpcReceiver(
  options: Partial<OtlpGrpcServerOptions> & { clock?: Clock } = {},
): Promise<GrpcReceiver> {
  const { sink, observations, server, port } = await listening((shared) =>
    createOtlpGrpcServer({ ...shared, ...options }),
  );
  return new GrpcReceiver(sink, observations, server, port);
}
