import type { Server, Socket } from "node:net";

import { answerRaw } from "./client-error.ts";

const HTTP1_REQUEST = /^(?:POST|GET|HEAD|PUT|PATCH|DELETE|OPTIONS) /;
const JSON_TYPE = /^content-type: *application\/json/im;

const HTTP_ELSEWHERE = {
  status: 400,
  message:
    "this port takes OTLP over gRPC: OTLP over HTTP goes to another one, 4318 unless configured otherwise",
} as const;

export interface GuardPorts {
  /** A connection that has said nothing yet, and the end of that. */
  readonly silent: { add(socket: Socket): void; delete(socket: Socket): void };
  /** An HTTP/1.1 sender was told to go elsewhere. */
  readonly refused: (client: string | null) => void;
}

/**
 * Looks at the first bytes of every connection before a plain HTTP/2 server does: that one would drop an HTTP/1.1
 * sender without a word, who would then try again for minutes.
 */
export function guardHttp1(server: Server, { silent, refused }: GuardPorts): void {
  const accept = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const cut = (): void => {
      socket.destroy();
    };
    silent.add(socket);
    socket.on("error", cut);
    socket.once("readable", () => {
      silent.delete(socket);
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) {
        socket.destroy();
        return;
      }
      const head = first.toString("latin1");
      if (HTTP1_REQUEST.test(head)) {
        answerRaw(socket, JSON_TYPE.test(head) ? "json" : "protobuf", HTTP_ELSEWHERE);
        refused(socket.remoteAddress ?? null);
        return;
      }
      socket.removeListener("error", cut);
      socket.unshift(first);
      for (const listener of accept) Reflect.apply(listener, server, [socket]);
    });
  });
}
