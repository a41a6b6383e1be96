/** As many requests as the receiver can take over a few connections; the rate is what it makes of them. */
export interface Flood {
  readonly kind: "flood";
  readonly otlpPort: number;
  readonly requests: number;
  readonly connections: number;
}

export interface Flooded {
  readonly kind: "flooded";
  readonly records: number;
  /** Requests answered with anything but 200, or not at all. */
  readonly failed: number;
  readonly plainBytes: number;
  readonly wireBytes: number;
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
