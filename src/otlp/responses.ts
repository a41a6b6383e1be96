import type { Violation } from "./decode-result.ts";
import { MEDIA_TYPES } from "./content-type.ts";
import type { Encoding } from "./content-type.ts";

/** Far below the 64 KiB that a collector reads of a response. */
const MAX_MESSAGE_LENGTH = 1_000;

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const BAD_REQUEST_TYPE = "type.googleapis.com/google.rpc.BadRequest";

export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

export interface Failure {
  readonly status: number;
  readonly message: string;
  /** What is wrong where, for a 400 about the content. */
  readonly violation?: Violation | undefined;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** Absent where the value is 0, as proto3 has it. */
export function numberField(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([(field << 3) | VARINT, ...varint(value)]);
}

export function bytesField(field: number, value: Buffer | string): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  return Buffer.concat([Buffer.from([(field << 3) | LENGTH_DELIMITED, ...varint(bytes.length)]), bytes]);
}

/** A message of ours, cut to what every sender reads. */
export function bounded(message: string): string {
  const text = message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
  return text.toWellFormed();
}

const EMPTY = Buffer.alloc(0);
const EMPTY_JSON = Buffer.from("{}");

/** ExportLogsServiceResponse; null is a plain success, with partial_success unset. */
export function exportResponse(encoding: Encoding, partial: PartialSuccess | null): Buffer {
  if (partial === null) return encoding === "json" ? EMPTY_JSON : EMPTY;
  const message = bounded(partial.message);
  if (encoding === "protobuf") {
    return bytesField(1, Buffer.concat([numberField(1, partial.rejected), bytesField(2, message)]));
  }
  const rejected = partial.rejected === 0 ? {} : { rejectedLogRecords: String(partial.rejected) };
  return Buffer.from(JSON.stringify({ partialSuccess: { ...rejected, errorMessage: message } }));
}

/** google.rpc.Code by HTTP status. */
const CODES: ReadonlyMap<number, number> = new Map([
  [401, 16],
  [403, 7],
  [404, 12],
  [405, 12],
  [503, 14],
]);
const INVALID_ARGUMENT = 3;

/** google.rpc.Status, the body of every error. */
export function statusResponse(encoding: Encoding, failure: Failure): Buffer {
  const code = CODES.get(failure.status) ?? INVALID_ARGUMENT;
  const message = bounded(failure.message);
  const { violation } = failure;
  return encoding === "json"
    ? statusJson(code, message, violation)
    : statusProtobuf(code, message, violation);
}

function statusJson(code: number, message: string, violation: Violation | undefined): Buffer {
  if (violation === undefined) return Buffer.from(JSON.stringify({ code, message }));
  const { field, description } = violation;
  const details = [
    { "@type": BAD_REQUEST_TYPE, fieldViolations: [{ field, description: bounded(description) }] },
  ];
  return Buffer.from(JSON.stringify({ code, message, details }));
}

function statusProtobuf(code: number, message: string, violation: Violation | undefined): Buffer {
  const parts = [numberField(1, code), bytesField(2, message)];
  if (violation !== undefined) {
    parts.push(bytesField(3, badRequest(violation)));
  }
  return Buffer.concat(parts);
}

/** google.rpc.BadRequest as an Any. */
export function badRequest({ field, description }: Violation): Buffer {
  const entry = Buffer.concat([bytesField(1, field), bytesField(2, bounded(description))]);
  return Buffer.concat([bytesField(1, BAD_REQUEST_TYPE), bytesField(2, bytesField(1, entry))]);
}

/** Content type without parameters (collectors ignore a partial success under any other) and always a length. */
export function responseHeaders(encoding: Encoding, body: Buffer): string[] {
  return ["Content-Type", MEDIA_TYPES[encoding], "Content-Length", String(body.length)];
}
