import { crc32 } from "node:zlib";
import { requestOf } from "./connections.ts";
import type { Transport } from "./messages.ts";

const GZIP_HEADER_BYTES = 10;
const GZIP_TRAILER_BYTES = 8;
/** A deflate block that stores its bytes, not the last one: its length, and that again inverted. */
const STORED_HEADER_BYTES = 5;
/** A field that no receiver knows: number 15, eight bytes. */
const FIELD_BYTES = 9;
const FIELD_TAG = (15 << 3) | 1;

function storedBlock(): Buffer {
  const block = Buffer.alloc(STORED_HEADER_BYTES + FIELD_BYTES);
  block.writeUInt16LE(FIELD_BYTES, 1);
  block.writeUInt16LE(0xffff ^ FIELD_BYTES, 3);
  block.writeUInt8(FIELD_TAG, STORED_HEADER_BYTES);
  return block;
}

/** One prepared request, each sending of which is another one to a receiver that knows repeats, without new gzip. */
export class DistinctRequest {
  readonly #request: Buffer;
  readonly #plain: Buffer;
  readonly #fieldAt: number;
  #sent = 0n;

  constructor(transport: Transport, plain: Buffer, gzipped: Buffer) {
    const header = gzipped.subarray(0, GZIP_HEADER_BYTES);
    const block = storedBlock();
    const body = Buffer.concat([header, block, gzipped.subarray(GZIP_HEADER_BYTES)]);
    body.writeUInt32LE(plain.length + FIELD_BYTES, body.length - 4);
    this.#request = requestOf(transport, body);
    this.#plain = plain;
    this.#fieldAt = this.#request.length - body.length + GZIP_HEADER_BYTES + STORED_HEADER_BYTES;
  }

  next(): Buffer {
    const request = Buffer.from(this.#request);
    const field = request.subarray(this.#fieldAt, this.#fieldAt + FIELD_BYTES);
    field.writeBigUInt64LE(++this.#sent, 1);
    request.writeUInt32LE(crc32(this.#plain, crc32(field)), request.length - GZIP_TRAILER_BYTES);
    return request;
  }
}
