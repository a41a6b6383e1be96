import type { Encoding } from "./content-type.ts";

/** What became of a request: the same word goes to the metric label and the log line. */
export type RequestReason =
  | "ok"
  | "partial"
  /** A batch that had come before: answered as it was then, and not counted again. */
  | "repeated"
  | "preflight"
  | "not_found"
  | "method"
  | "expectation"
  | "unauthorized"
  | "media_type"
  | "coding"
  | "too_large"
  | "over_budget"
  | "closing"
  | "malformed"
  | "corrupt"
  | "undecodable"
  | "overloaded"
  | "failed"
  | "aborted"
  /** No TLS came about, so nothing was heard. */
  | "handshake"
  /** There were too many connections already. */
  | "connections";

/** One request, for metrics. Every label takes one of a few values. */
export interface RequestObservation {
  /** 0 where the connection ended before an answer. */
  readonly status: number;
  readonly reason: RequestReason;
  readonly encoding: Encoding | "none";
  /** `identity`, `gzip`, `gzip, zstd`, … */
  readonly coding: string;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly late: number;
  readonly durationMs: number;
}
