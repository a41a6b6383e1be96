import type { LogRecord } from "../../src/log/batch.ts";
import type { DecodeResult } from "../../src/otlp/decode-result.ts";

/** The result of a request that must be readable; throws where it is not. */
export function decoded(result: DecodeResult): Extract<DecodeResult, { kind: "decoded" }> {
  if (result.kind !== "decoded") throw new Error(`not decoded: ${JSON.stringify(result)}`);
  return result;
}

/** Its records, materialised. */
export function recordsOf(result: DecodeResult): LogRecord[] {
  const { batch } = decoded(result);
  return Array.from({ length: batch.size }, (_, index) => batch.record(index));
}
