import type { LogRecord } from "../log/batch.ts";

/** What one line or one element became; `reason` is of a small closed set and never holds received text. */
export type RecordOutcome =
  | { readonly kind: "record"; readonly record: LogRecord }
  | { readonly kind: "rejected"; readonly reason: string };

export function rejected(reason: string): RecordOutcome {
  return { kind: "rejected", reason };
}

export const BAD_TIME = "timestamp: not RFC 3339 nor an epoch number";
export const NO_MESSAGE = "message: missing or empty";
export const NOT_OBJECT = "not an object";
