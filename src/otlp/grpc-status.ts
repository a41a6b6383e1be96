import type { Refusal } from "./admission.ts";
import { badRequest, bounded, bytesField, numberField } from "./responses.ts";

const RETRY_INFO_TYPE = "type.googleapis.com/google.rpc.RetryInfo";

const INVALID_ARGUMENT = 3;
const UNAVAILABLE = 14;

/** google.rpc.Code by the status that the same answer has over HTTP. */
const CODES: ReadonlyMap<Refusal["status"], number> = new Map<Refusal["status"], number>([
  [400, INVALID_ARGUMENT],
  [401, 16],
  [404, 12],
  [413, 8],
  [415, 12],
  [503, UNAVAILABLE],
]);

/** A refusal in gRPC's words. */
export interface GrpcStatus {
  readonly code: number;
  /** For `grpc-message`: printable ASCII, the rest percent-encoded. */
  readonly message: string;
  /** For `grpc-status-details-bin`; null where there is nothing to add. */
  readonly details: string | null;
}

/**
 * `UNAVAILABLE` with RetryInfo for what a sender should send again, since collectors retry that always; a size beyond
 * the limit is `RESOURCE_EXHAUSTED` without RetryInfo, which they do not retry.
 */
export function grpcStatus(refusal: Refusal): GrpcStatus {
  const code = CODES.get(refusal.status) ?? INVALID_ARGUMENT;
  const message = bounded(refusal.message);
  const detail = detailOf(refusal, code);
  if (detail === null) return { code, message: percentEncoded(message), details: null };
  const status = Buffer.concat([numberField(1, code), bytesField(2, message), bytesField(3, detail)]);
  return { code, message: percentEncoded(message), details: unpaddedBase64(status) };
}

function detailOf({ violation, headers }: Refusal, code: number): Buffer | null {
  if (violation !== undefined) return badRequest(violation);
  if (code !== UNAVAILABLE) return null;
  const retryAfterS = Number(headers[headers.indexOf("Retry-After") + 1]);
  return Number.isSafeInteger(retryAfterS) ? retryInfo(retryAfterS) : null;
}

/** google.rpc.RetryInfo as an Any: its first field is a Duration, whose first field are the seconds. */
function retryInfo(delayS: number): Buffer {
  return Buffer.concat([
    bytesField(1, RETRY_INFO_TYPE),
    bytesField(2, bytesField(1, numberField(1, delayS))),
  ]);
}

function percentEncoded(text: string): string {
  return text.replaceAll(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}

function unpaddedBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
