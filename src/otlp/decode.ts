import type { Encoding } from "./content-type.ts";
import type { DecodeResult } from "./decode-result.ts";
import { decodeJsonBytes } from "./json-request.ts";
import { decodeProtobufRequest } from "./protobuf-request.ts";

/** Decodes a plain request body. The batch reads `bytes`, which must stay untouched while it is used. */
export function decodeRequest(encoding: Encoding, bytes: Buffer): DecodeResult {
  return encoding === "json" ? decodeJsonBytes(bytes) : decodeProtobufRequest(bytes);
}
