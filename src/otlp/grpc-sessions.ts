import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

import type { Clock } from "../clock.ts";

const SWEEP_MS = 2_000;
/** A connection that has not shown its HTTP/2 preface by then is cut. */
const PREFACE_TIMEOUT_MS = 15_000;
/** Without a call for so long, a connection is closed with GOAWAY; a client opens the next one by itself. */
const MAX_IDLE_MS = 30 * 60_000;

interface Standing {
  greeted: boolean;
  calls: number;
  sinceMs: number;
}

/** The open connections: which may be closed for want of work, and all of them at the end. */
export class GrpcSessions {
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #silent = new Map<Socket, number>();
  readonly #sessions = new Map<ServerHttp2Session, Standing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connections that have not said anything yet, and so have no session. */
  readonly silent = {
    add: (socket: Socket): void => {
      this.#silent.set(socket, this.#clock.now());
      socket.once("close", () => this.#silent.delete(socket));
    },
    delete: (socket: Socket): void => {
      this.#silent.delete(socket);
    },
  };

  /** Starts the sweeps; returns what stops them. */
  start(): () => void {
    return this.#clock.every(SWEEP_MS, () => this.#sweep());
  }

  connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  opened(session: ServerHttp2Session): void {
    const standing: Standing = { greeted: false, calls: 0, sinceMs: this.#clock.now() };
    this.#sessions.set(session, standing);
    session.once("remoteSettings", () => {
      standing.greeted = true;
    });
    session.on("stream", (stream) => {
      standing.calls++;
      stream.once("close", () => {
        standing.calls--;
        standing.sinceMs = this.#clock.now();
      });
    });
    session.once("close", () => this.#sessions.delete(session));
  }

  /** GOAWAY to all: calls in flight go on, new ones go elsewhere. */
  closeGently(): void {
    for (const session of this.#sessions.keys()) session.close();
  }

  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #sweep(): void {
    const nowMs = this.#clock.now();
    for (const [socket, sinceMs] of this.#silent) {
      if (nowMs - sinceMs >= PREFACE_TIMEOUT_MS) socket.destroy();
    }
    for (const [session, { greeted, calls, sinceMs }] of this.#sessions) {
      if (!greeted && nowMs - sinceMs >= PREFACE_TIMEOUT_MS) session.destroy();
      else if (calls === 0 && nowMs - sinceMs >= MAX_IDLE_MS) session.close();
    }
  }
}
