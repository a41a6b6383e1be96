import { readFileSync } from "node:fs";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { decompress } from "../../src/otlp/content-encoding.ts";
import type { Coding } from "../../src/otlp/content-encoding.ts";
import { crc32c } from "../../src/otlp/crc32c.ts";
import type { Decompressed } from "../../src/otlp/decompressed.ts";
import { xxhash32 } from "../../src/otlp/xxhash32.ts";
import {
  lz4Block,
  lz4Frame,
  LZ4_HEADER,
  SNAPPY_STREAM,
  snappyBlock,
  snappyChecksum,
  snappyChunk,
  snappyFramed,
} from "../support/otlp-codings.ts";

const MAX_BYTES = 1_000_000;

/** Undoes one coding; also says how much memory was asked for. */
async function undo(
  coding: Coding,
  wire: Buffer,
  maxBytes = MAX_BYTES,
  budget = Infinity,
): Promise<{ outcome: Decompressed; askedBytes: number }> {
  let askedBytes = 0;
  const grow = (bytes: number): boolean => {
    askedBytes += bytes;
    return askedBytes <= budget;
  };
  const shrink = (bytes: number): void => {
    askedBytes -= bytes;
  };
  return { outcome: decompress(wire, [coding], { maxBytes, grow, shrink }), askedBytes };
}

async function kindOf(coding: Coding, wire: Buffer, maxBytes?: number, budget?: number): Promise<string> {
  return (await undo(coding, wire, maxBytes, budget)).outcome.kind;
}

async function plain(coding: Coding, wire: Buffer): Promise<Buffer> {
  const { outcome, askedBytes } = await undo(coding, wire);
  if (outcome.kind !== "plain") throw new Error(outcome.kind);
  expect(askedBytes).toBe(outcome.bytes.length);
  return outcome.bytes;
}

/** What the fixtures hold; they were written by the C library of LZ4 and Rust's snap. */
const TEXT = Buffer.from(
  Array.from(
    { length: 2_400 },
    (_, i) =>
      `2024-01-15T10:30:${String(i % 60).padStart(2, "0")}Z payment-api order ${(i * 7_919) % 1_009} of user ${(i * 31) % 97} failed\n`,
  ).join(""),
);

function noise(size: number): Buffer {
  let state = 1;
  return Buffer.from(
    Array.from({ length: size }, () => {
      state = (Math.imul(state, 69_069) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}
const NOISE = noise(300);

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/otlp/${name}`, import.meta.url));
}

describe("28, 30 bytes of other encoders", () => {
  test.for<[name: string, coding: Coding, content: Buffer]>([
    ["text.block.snappy", "snappy", TEXT],
    ["noise.block.snappy", "snappy", NOISE],
    ["text.framed.snappy", "snappy", TEXT],
    ["text.framed.snappy", "x-snappy-framed", TEXT],
    ["noise.framed.snappy", "x-snappy-framed", NOISE],
    ["text.linked-64k.lz4", "lz4", TEXT],
    ["text.independent-64k.lz4", "lz4", TEXT],
    ["text.independent-256k.lz4", "lz4", TEXT],
    ["noise.linked-64k.lz4", "lz4", NOISE],
    ["noise.independent-256k.lz4", "lz4", NOISE],
  ])("%s is decoded under %s", async ([name, coding, content]) => {
    expect((await plain(coding, fixture(name))).equals(content)).toBe(true);
  });

  test.for<[name: string, coding: Coding]>([
    ["text.framed.snappy", "snappy"],
    ["noise.framed.snappy", "snappy"],
    ["text.linked-64k.lz4", "lz4"],
    ["noise.linked-64k.lz4", "lz4"],
    ["text.independent-256k.lz4", "lz4"],
  ])("35 %s with a byte of its content or checksums changed is corrupt", async ([name, coding]) => {
    const intact = fixture(name);
    for (let at = intact.length - 1; at >= 11; at -= 997) {
      const damaged = Buffer.from(intact);
      damaged.writeUInt8((damaged[at] ?? 0) ^ 0x01, at);
      expect([at, await kindOf(coding, damaged)]).toEqual([at, "corrupt"]);
    }
  });

  test.for<[name: string, coding: Coding]>([
    ["noise.block.snappy", "snappy"],
    ["noise.linked-64k.lz4", "lz4"],
    ["noise.framed.snappy", "x-snappy-framed"],
  ])("35 %s cut at any byte is corrupt", async ([name, coding]) => {
    const intact = fixture(name);
    // A framed stream has no end mark: the identifier alone is an empty one.
    const whole = coding === "x-snappy-framed" ? [SNAPPY_STREAM.length] : [];
    for (let size = 0; size < intact.length; size++) {
      const expected = whole.includes(size) ? "plain" : "corrupt";
      expect([size, await kindOf(coding, intact.subarray(0, size))]).toEqual([size, expected]);
    }
  });
});

/** Bytes with much to copy: a few words over and over, with runs between them. */
const REPETITIVE = fc
  .array(fc.oneof(fc.constantFrom("payment ", "failed ", "aaaaaaaaaaaaaaaaaaaaaaaa"), fc.string()), {
    maxLength: 200,
  })
  .map((words) => Buffer.from(words.join("")));
const ANY_BYTES = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
const CONTENT = fc.oneof(REPETITIVE, ANY_BYTES);

describe("what an encoder wrote is read back", () => {
  test.for<[name: string, coding: Coding, encode: (data: Buffer) => Buffer]>([
    ["a snappy block", "snappy", snappyBlock],
    ["a framed snappy stream", "x-snappy-framed", (data) => snappyFramed(data, 100)],
    ["an LZ4 frame", "lz4", (data) => lz4Frame([{ bytes: lz4Block(data) }, { bytes: data, stored: true }])],
  ])("%s", async ([, coding, encode]) => {
    await fc.assert(
      fc.asyncProperty(CONTENT, async (data) => {
        const expected = coding === "lz4" ? Buffer.concat([data, data]) : data;
        expect((await plain(coding, encode(data))).equals(expected)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("several megabytes are unpacked in slices", async () => {
    const data = Buffer.alloc(5_000_000, TEXT);
    const limits = { maxBytes: data.length, grow: () => true, shrink: () => {} };
    for (const [coding, wire] of [
      ["snappy", snappyBlock(data)],
      ["snappy", snappyFramed(data, 65_536)],
      ["lz4", lz4Frame(Array.from({ length: 77 }, (_, i) => blockOf(data, i)))],
    ] as const) {
      const outcome = decompress(wire, [coding], limits);
      expect(outcome.kind === "plain" && outcome.bytes.equals(data)).toBe(true);
    }
  });
});

function blockOf(data: Buffer, index: number): { bytes: Buffer } {
  return { bytes: lz4Block(data.subarray(index * 65_536, (index + 1) * 65_536)) };
}

const NO_BYTES = Buffer.alloc(0);
const FOUR_GIB_SNAPPY = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61]);
/** 64 KiB of one byte in 17 bytes and a length in steps of 255. */
const LZ4_RUN = lz4Block(Buffer.alloc(65_536, 0x61));

describe("39 limits hold before memory is taken", () => {
  test.for<[name: string, coding: Coding, wire: Buffer]>([
    ["30 a snappy block that claims 4 GiB", "snappy", FOUR_GIB_SNAPPY],
    ["a snappy block one byte above", "snappy", snappyBlock(Buffer.alloc(MAX_BYTES + 1))],
    ["framed snappy", "snappy", snappyFramed(Buffer.alloc(MAX_BYTES + 1), 65_536)],
    ["LZ4", "lz4", lz4Frame(Array.from({ length: 16 }, () => ({ bytes: LZ4_RUN })))],
    [
      "LZ4 of many frames",
      "lz4",
      Buffer.concat(Array.from({ length: 16 }, () => lz4Frame([{ bytes: LZ4_RUN }]))),
    ],
  ])("%s is too large, and nothing was asked for", async ([, coding, wire]) => {
    expect(await undo(coding, wire)).toEqual({ outcome: { kind: "too_large" }, askedBytes: 0 });
  });

  test.for<[coding: Coding, encode: (data: Buffer) => Buffer]>([
    ["snappy", snappyBlock],
    ["x-snappy-framed", (data) => snappyFramed(data, 65_536)],
    ["lz4", (data) => lz4Frame([{ bytes: lz4Block(data) }])],
  ])(
    "%s content of exactly the limit is taken, and 41 a budget that is used up says so",
    async ([coding, encode]) => {
      const wire = encode(Buffer.alloc(50_000, 0x61));
      expect(await kindOf(coding, wire, 50_000)).toBe("plain");
      expect(await kindOf(coding, wire, 49_999)).toBe("too_large");
      expect(await kindOf(coding, wire, 50_000, 49_999)).toBe("over_budget");
    },
  );
});

function snappyOf(...elements: number[]): Buffer {
  return Buffer.from([8, ...elements]);
}

function framed(...chunks: Buffer[]): Buffer {
  return Buffer.concat([SNAPPY_STREAM, ...chunks]);
}

const HELLO = Buffer.from("hello");
const HELLO_CHUNK = snappyChunk(1, Buffer.concat([snappyChecksum(HELLO), HELLO]));

describe("35 what no encoder writes is corrupt", () => {
  test.for<[name: string, wire: Buffer]>([
    ["no bytes", NO_BYTES],
    ["a size of six bytes", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ["a size above 32 bits", Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f])],
    ["fewer bytes than it says", snappyOf(0x0c, 1, 2, 3, 4)],
    ["more bytes than it says", snappyOf(0x28, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)],
    ["a literal beyond the end", snappyOf(0x1c, 1, 2)],
    ["a literal of 4 GiB", snappyOf(0xfc, 0xff, 0xff, 0xff, 0xff)],
    ["a match before anything", snappyOf(0x11, 0x01)],
    ["a match of offset 0", snappyOf(0x0c, 1, 2, 3, 4, 0x01, 0x00)],
    ["a match that reaches too far back", snappyOf(0x0c, 1, 2, 3, 4, 0x01, 0x05)],
    ["a match beyond what it says", snappyOf(0x0c, 1, 2, 3, 4, 0x05, 0x01)],
    ["a match cut off", snappyOf(0x0c, 1, 2, 3, 4, 0x0e, 0x01)],
  ])("a snappy block with %s", async ([, wire]) => {
    expect(await kindOf("snappy", wire)).toBe("corrupt");
  });

  test.for<[name: string, kind: string, wire: Buffer]>([
    [
      "a skippable and a padding chunk",
      "plain",
      framed(snappyChunk(0x80, HELLO), HELLO_CHUNK, snappyChunk(0xfe, HELLO)),
    ],
    ["its identifier twice", "plain", framed(HELLO_CHUNK, SNAPPY_STREAM, HELLO_CHUNK)],
    ["no identifier", "corrupt", HELLO_CHUNK],
    ["another identifier within", "corrupt", framed(HELLO_CHUNK, snappyChunk(0xff, Buffer.from("sNaPpX")))],
    ["a reserved chunk that must not be skipped", "corrupt", framed(snappyChunk(0x02, HELLO))],
    ["a chunk without room for its checksum", "corrupt", framed(snappyChunk(0x01, Buffer.from([1, 2])))],
    ["a wrong checksum", "corrupt", framed(snappyChunk(0x01, Buffer.concat([Buffer.alloc(4), HELLO])))],
    ["a chunk beyond the end", "corrupt", framed(HELLO_CHUNK).subarray(0, -1)],
    ["a head cut off", "corrupt", framed(Buffer.from([0x01, 0x01]))],
    ["content above 64 KiB in a chunk", "corrupt", snappyFramed(Buffer.alloc(65_537), 65_537)],
  ])("a framed stream with %s is %s", async ([, kind, wire]) => {
    expect(await kindOf("x-snappy-framed", wire)).toBe(kind);
  });

  test.for<[name: string, kind: string, wire: Buffer]>([
    ["no blocks", "plain", lz4Frame([])],
    [
      "a skippable frame before it",
      "plain",
      Buffer.concat([Buffer.from("502a4d1802000000aabb", "hex"), lz4Frame([])]),
    ],
    [
      "another frame behind it",
      "plain",
      Buffer.concat([lz4Frame([{ bytes: lz4Block(HELLO) }]), lz4Frame([])]),
    ],
    ["garbage behind it", "corrupt", Buffer.concat([lz4Frame([]), HELLO])],
    ["no end mark", "corrupt", lz4Frame([{ bytes: lz4Block(HELLO) }]).subarray(0, -4)],
    ["a wrong header checksum", "corrupt", Buffer.from("04224d1860408300000000", "hex")],
    ["version 2", "corrupt", Buffer.from("04224d18a0408200000000", "hex")],
    ["a block size that is none", "corrupt", Buffer.from("04224d1860308200000000", "hex")],
    ["a block above its maximum", "corrupt", lz4Frame([{ bytes: Buffer.alloc(65_537), stored: true }])],
    ["a block whose content is above it", "corrupt", lz4Frame([{ bytes: lz4Block(Buffer.alloc(65_537)) }])],
    ["a block that ends in a match", "corrupt", lz4Frame([{ bytes: Buffer.from([0x10, 0x61, 0x01, 0x00]) }])],
    ["a match before anything", "corrupt", lz4Frame([{ bytes: Buffer.from([0x00, 0x01, 0x00, 0x00]) }])],
    ["a match of offset 0", "corrupt", lz4Frame([{ bytes: Buffer.from([0x10, 0x61, 0x00, 0x00, 0x00]) }])],
    [
      "a match into the block before",
      "corrupt",
      lz4Frame([{ bytes: lz4Block(HELLO) }, { bytes: Buffer.from([0x10, 0x61, 0x02, 0x00, 0x00]) }]),
    ],
    ["a length that never ends", "corrupt", lz4Frame([{ bytes: Buffer.from([0xf0, 0xff, 0xff]) }])],
    ["literals beyond the end", "corrupt", lz4Frame([{ bytes: Buffer.from([0x50, 0x61]) }])],
    ["its header cut off", "corrupt", LZ4_HEADER.subarray(0, 6)],
  ])("an LZ4 frame with %s is %s", async ([, kind, wire]) => {
    expect(await kindOf("lz4", wire)).toBe(kind);
  });
});

test.for<[coding: Coding, head: Buffer]>([
  ["snappy", NO_BYTES],
  ["snappy", Buffer.from([64])],
  ["x-snappy-framed", SNAPPY_STREAM],
  ["lz4", NO_BYTES],
  ["lz4", LZ4_HEADER],
])("100 arbitrary bytes under %s never throw and never give more than the limit", async ([coding, head]) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { outcome, askedBytes } = await undo(coding, Buffer.concat([head, bytes]), 1_000);
      expect(askedBytes).toBeLessThanOrEqual(1_000);
      expect(outcome.kind === "plain" ? outcome.bytes.length : 0).toBeLessThanOrEqual(1_000);
    }),
    { numRuns: 1_000 },
  );
});

test("checksums are those of the published vectors", () => {
  const digits = Buffer.from("123456789");
  expect(crc32c(digits, 0, 9)).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32), 0, 32)).toBe(0x8a9136aa);
  expect(xxhash32(digits, 0, 0)).toBe(0x02cc5d05);
  const sentence = Buffer.from("Nobody inspects the spammish repetition");
  expect(xxhash32(sentence, 0, sentence.length)).toBe(0xe2293b2f);
});
