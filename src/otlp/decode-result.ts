import type { LogBatch } from "../log/batch.ts";

/** More records than this in one request are refused: 64 MiB can hold 33 million empty ones. */
export const MAX_RECORDS = 1_000_000;
/** The same for the envelopes around them, which may be empty too. */
export const MAX_ENVELOPES = 1_000_000;

/** Where a request is wrong; never holds bytes of the request. */
export interface Violation {
  /** A path such as `resourceLogs[0].scopeLogs[1].logRecords[2].timeUnixNano`. */
  readonly field: string;
  readonly description: string;
}

export type DecodeResult =
  | {
      readonly kind: "decoded";
      readonly batch: LogBatch;
      /** Records that could not be read; they are not in the batch. */
      readonly rejected: number;
      /** Why the first of them was rejected. */
      readonly firstRejection: Violation | null;
      /** Something the sender should hear although nothing was rejected. */
      readonly warning: string | null;
    }
  | { readonly kind: "invalid"; readonly violation: Violation }
  | { readonly kind: "too_many"; readonly message: string };

export const TOO_MANY_RECORDS: DecodeResult = {
  kind: "too_many",
  message: `more than ${MAX_RECORDS} log records or envelopes in one request: send smaller batches`,
};

export function invalid(field: string, description: string): DecodeResult {
  return { kind: "invalid", violation: { field, description } };
}
