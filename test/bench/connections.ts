import { once } from "node:events";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect, type Socket } from "node:net";
import type { Target, Transport } from "./messages.ts";

/** One kept-alive connection of a sender, one request at a time. */
export interface Connection {
  /** Whether the request was taken. */
  send(request: Buffer): Promise<boolean>;
  close(): void;
}

const EXPORT_PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const COMPRESSED = 1;
const FRAME_HEADER_BYTES = 5;

/** A gzip body as it goes over the wire: an HTTP/1.1 request with its head, or a gRPC message. */
export function requestOf(transport: Transport, body: Buffer): Buffer {
  if (transport === "grpc") {
    const header = Buffer.alloc(FRAME_HEADER_BYTES);
    header.writeUInt8(COMPRESSED);
    header.writeUInt32BE(body.length, 1);
    return Buffer.concat([header, body]);
  }
  const head = [
    "POST /v1/logs HTTP/1.1",
    "Host: 127.0.0.1",
    "User-Agent: tocsin-bench",
    "Content-Type: application/x-protobuf",
    "Content-Encoding: gzip",
    `Content-Length: ${body.length}`,
    "",
    "",
  ];
  return Buffer.concat([Buffer.from(head.join("\r\n")), body]);
}

export async function connectTo({ transport, port }: Target): Promise<Connection> {
  if (transport === "grpc") return grpcConnection(port);
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return new HttpConnection(socket);
}

const HEAD_END = "\r\n\r\n";
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/** Plain sockets: a client library would cost the generator more than most receivers spend on a small request. */
class HttpConnection implements Connection {
  readonly #socket: Socket;
  #answer = "";
  #settle: ((taken: boolean) => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => this.#settled(false));
    socket.on("close", () => this.#settled(false));
  }

  send(request: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#socket.destroyed) this.#settled(false);
      else this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#answer += chunk.toString("latin1");
    const headEnd = this.#answer.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const bodyBytes = Number(CONTENT_LENGTH.exec(this.#answer)?.[1] ?? 0);
    if (this.#answer.length < headEnd + HEAD_END.length + bodyBytes) return;
    const taken = this.#answer.startsWith("HTTP/1.1 200 ");
    this.#answer = "";
    this.#settled(taken);
  }

  #settled(taken: boolean): void {
    const settle = this.#settle;
    this.#settle = null;
    settle?.(taken);
  }
}

async function grpcConnection(port: number): Promise<Connection> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await once(session, "connect");
  session.on("error", () => {});
  return { send: (message) => call(session, message), close: () => session.destroy() };
}

function call(session: ClientHttp2Session, message: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": EXPORT_PATH,
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    let status: unknown;
    const seen = (headers: Record<string, unknown>): void => {
      status = headers["grpc-status"] ?? status;
    };
    stream.on("response", seen);
    stream.on("trailers", seen);
    stream.on("error", () => {});
    stream.on("close", () => resolve(status === "0"));
    stream.resume();
    stream.end(message);
  });
}
