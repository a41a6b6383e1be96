export type Transport = "http" | "grpc";

/** Who is sent what, and over how many kept-alive connections with one request at a time on each. */
export interface Target {
  readonly transport: Transport;
  readonly port: number;
  /** In every request. */
  readonly records: number;
  readonly connections: number;
}

/** As many requests as the receiver can take; the rate is what it makes of them. */
export interface Flood extends Target {
  readonly kind: "flood";
  readonly requests: number;
}

export interface Flooded {
  readonly kind: "flooded";
  readonly records: number;
  /** Requests answered with anything but 200, or not at all. */
  readonly failed: number;
  readonly plainBytes: number;
  readonly wireBytes: number;
  readonly tookMs: number;
}

/** A steady rate: requests leave when they are due, whether the earlier ones are answered or not. */
export interface Pace extends Target {
  readonly kind: "pace";
  readonly requestsPerSecond: number;
  readonly durationMs: number;
}

export interface Paced {
  readonly kind: "paced";
  readonly answered: number;
  readonly failed: number;
  /** Given up early: the receiver had fallen behind by more than a second. */
  readonly behind: boolean;
  /** From the moment a request was due, so that waiting for a connection counts. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A steady rate over many environments; after `healthyMs` one after the other breaks. */
export interface Stream {
  readonly kind: "stream";
  readonly otlpPort: number;
  readonly recordsPerMinute: number;
  readonly environments: number;
  readonly healthyMs: number;
  readonly breakEveryMs: number;
}

/** An environment's first records with too many errors; times in milliseconds since 1970, of any process's clock. */
export interface Break {
  readonly environment: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

export interface Streamed {
  readonly kind: "streamed";
  readonly records: number;
  readonly failed: number;
  /** From the first byte sent to the whole answer, for every request. */
  readonly answersMs: readonly number[];
  readonly breaks: readonly Break[];
}

export interface Listening {
  readonly kind: "listening";
  readonly port: number;
  readonly otlpPort: number;
}

/** One write of an alert, seen where its transaction ends. */
export interface Committed {
  readonly kind: "committed";
  readonly alertId: string;
  readonly environment: string;
  readonly isNew: boolean;
  readonly tookMs: number;
  readonly committedAtMs: number;
}

/** Milliseconds since 1970 with fractions, comparable between the processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}
