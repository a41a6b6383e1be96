import protobuf from "protobufjs";

import type { Json } from "./otlp-requests.ts";
import { RequestType } from "./otlp-schema.ts";

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
type Random = ReturnType<typeof seeded>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
const FIXED32 = 5;

interface Field {
  readonly id: number;
  readonly wireType: number;
  /** Without tag and length. */
  readonly value: Buffer;
}

/** 7 bits a byte, and `padding` more bytes than it takes, as the format allows up to ten. */
function varint(value: bigint, padding: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n);
  for (let i = 0; i < padding; i++) bytes.push(0x80);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) & 0x7f;
  return Buffer.from(bytes);
}

function fieldsOf(bytes: Buffer): Field[] {
  const reader = protobuf.Reader.create(bytes);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [id, wireType] = [tag >>> 3, tag & 7];
    if (wireType === BYTES) {
      fields.push({ id, wireType, value: Buffer.from(reader.bytes()) });
      continue;
    }
    const start = reader.pos;
    reader.skipType(wireType);
    fields.push({ id, wireType, value: bytes.subarray(start, reader.pos) });
  }
  return fields;
}

/** Pads numbers now and then; five bytes for tags and lengths, ten for values, are what every parser takes. */
class Writer {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  write(fields: readonly Field[]): Buffer {
    return Buffer.concat(fields.flatMap((field) => this.#field(field)));
  }

  #field({ id, wireType, value }: Field): Buffer[] {
    const tag = this.#number(BigInt(id * 8 + wireType), 5);
    if (wireType === BYTES) return [tag, this.#number(BigInt(value.length), 5), value];
    if (wireType === VARINT) return [tag, this.#number(numberOf(value), 10)];
    return [tag, value];
  }

  #number(value: bigint, maxBytes: number): Buffer {
    const shortest = varint(value, 0);
    const room = this.#random() < 0.2 ? maxBytes - shortest.length : 0;
    return room > 0 ? varint(value, Math.floor(this.#random() * (room + 1))) : shortest;
  }
}

function numberOf(bytes: Buffer): bigint {
  return bytes.reduceRight((number, byte) => (number << 7n) | BigInt(byte & 0x7f), 0n);
}

/** A field that no version of the protocol has. */
function unknownField(random: Random): Field {
  const id = 2_000 + Math.floor(random() * 1_000);
  const wireType = [VARINT, FIXED64, BYTES, GROUP, FIXED32][Math.floor(random() * 5)] ?? VARINT;
  if (wireType === VARINT) return { id, wireType, value: varint(BigInt(Math.floor(random() * 1e9)), 0) };
  if (wireType === GROUP) {
    const inner = [varint(BigInt(1 * 8 + VARINT), 0), varint(7n, 0), varint(BigInt(9 * 8 + BYTES), 0)];
    const end = varint(BigInt(id * 8 + GROUP_END), 0);
    return { id, wireType, value: Buffer.concat([...inner, Buffer.from("\u0003abc", "latin1"), end]) };
  }
  const size = wireType === FIXED64 ? 8 : wireType === FIXED32 ? 4 : Math.floor(random() * 6);
  return { id, wireType, value: Buffer.alloc(size, Math.floor(random() * 256)) };
}

/** Fields of different numbers change places; those of one number keep theirs, for the last or the order counts. */
function shuffled(fields: readonly Field[], random: Random): Field[] {
  const queues = [...Map.groupBy(fields, ({ id }) => id).values()];
  const out: Field[] = [];
  while (queues.length > 0) {
    const at = Math.floor(random() * queues.length);
    const next = queues[at]?.shift();
    if (next === undefined) queues.splice(at, 1);
    else out.push(next);
  }
  return out;
}

function vary(type: protobuf.Type, bytes: Buffer, random: Random): Buffer {
  const oneof = type.oneofsArray.length > 0;
  const fields = fieldsOf(bytes).flatMap((field) => occurrences(type, field, random));
  const ordered = oneof || random() < 0.3 ? fields : shuffled(fields, random);
  const all = ordered.flatMap((field) => (random() < 0.15 ? [unknownField(random), field] : [field]));
  return new Writer(random).write(random() < 0.1 ? [...all, unknownField(random)] : all);
}

/** One field as it may be sent: a message varied inside, a singular one in two parts, a scalar after one that it overrules. */
function occurrences(type: protobuf.Type, field: Field, random: Random): Field[] {
  const known = type.fieldsById[field.id]?.resolve();
  if (known === undefined) return [field];
  if (known.resolvedType instanceof protobuf.Type) {
    const inner = known.resolvedType;
    const parts = known.repeated || random() < 0.7 ? [field.value] : inTwo(field.value, random);
    return parts.map((part) => ({ ...field, value: vary(inner, part, random) }));
  }
  return random() < 0.15 && !known.repeated ? [overruled(field, random), field] : [field];
}

function inTwo(bytes: Buffer, random: Random): Buffer[] {
  const fields = fieldsOf(bytes);
  const at = Math.floor(random() * (fields.length + 1));
  const writer = new Writer(random);
  return [writer.write(fields.slice(0, at)), writer.write(fields.slice(at))];
}

function overruled(field: Field, random: Random): Field {
  if (field.wireType === VARINT) return { ...field, value: varint(BigInt(Math.floor(random() * 20)), 0) };
  return { ...field, value: Buffer.alloc(field.value.length, 0x41) };
}

/** The same request as other senders may write it: order, parts, unknown fields, padded numbers, overruled values. */
export function varyWire(request: Buffer, seed: number): Buffer {
  return vary(RequestType, request, seeded(seed));
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const INTEGERS = new Set(["intValue", "timeUnixNano", "observedTimeUnixNano", "severityNumber"]);
const UNKNOWN: readonly unknown[] = [
  null,
  1.5,
  "x",
  [1, { a: [] }],
  { key: "k", value: { intValue: "1" } },
  true,
];

/** 42, "42", 42.0 and "4.2e1" are one integer. */
function integerForm(value: unknown, random: Random): unknown {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) return value;
  const forms = [String(number), number, `${number}.0`, number.toExponential()];
  return forms[Math.floor(random() * forms.length)];
}

function varyValue(name: string, value: unknown, random: Random): unknown {
  if (INTEGERS.has(name)) return integerForm(value, random);
  if ((name === "traceId" || name === "spanId") && random() < 0.5) return String(value).toUpperCase();
  if (Array.isArray(value)) return value.map((item: unknown) => varyValue("", item, random));
  return typeof value === "object" && value !== null ? varyObject(value as Json, random) : value;
}

function varyObject(object: Json, random: Random): Json {
  const entries = Object.entries(object).map(([name, value]): [string, unknown] => [
    random() < 0.15 ? snake(name) : name,
    varyValue(name, value, random),
  ]);
  if (random() < 0.2)
    entries.push([`future${Math.floor(random() * 9)}`, UNKNOWN[Math.floor(random() * UNKNOWN.length)]]);
  if (random() < 0.1) entries.push(["droppedAttributesCount", null]);
  return Object.fromEntries(entries.toSorted(() => random() - 0.5));
}

/** The same OTLP/JSON request as other senders may write it: order, names, numbers, nulls and unknown fields. */
export function varyJson(request: Json, seed: number): Json {
  return varyObject(request, seeded(seed));
}
