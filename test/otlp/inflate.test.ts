import { constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { decompress } from "../../src/otlp/content-encoding.ts";
import type { Coding } from "../../src/otlp/content-encoding.ts";
import { expectedSize } from "../../src/otlp/expected-size.ts";

/** Text that shrinks about as much as logs do. */
const LOGS = Buffer.from(
  Array.from(
    { length: 60_000 },
    (_, i) => `${(i * 7_919) % 104_729} order ${(i * 31).toString(36)} failed\n`,
  ).join(""),
);
const ZEROS = Buffer.alloc(20_000_000);
const UNSIZED = { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } };

function wrongSize(wire: Buffer, size: number): Buffer {
  wire.writeUInt32LE(size, wire.length - 4);
  return wire;
}

/** Large bodies, where what a frame says of its size decides how memory is taken. Each is made anew: it is taken. */
const LARGE: [name: string, coding: Coding, content: Buffer, wire: () => Buffer][] = [
  ["gzip", "gzip", LOGS, () => gzipSync(LOGS)],
  ["gzip, a small body of much content", "gzip", ZEROS, () => gzipSync(ZEROS)],
  [
    "gzip of a large member and a small one, whose size stands last",
    "gzip",
    Buffer.concat([LOGS, Buffer.from("end")]),
    () => Buffer.concat([gzipSync(LOGS), gzipSync("end")]),
  ],
  [
    "gzip of a small member and a large one",
    "gzip",
    Buffer.concat([Buffer.from("start"), LOGS]),
    () => Buffer.concat([gzipSync("start"), gzipSync(LOGS)]),
  ],
  ["zlib, which says no size", "deflate", LOGS, () => deflateSync(LOGS)],
  ["zlib, a small body of much content", "deflate", ZEROS, () => deflateSync(ZEROS)],
  ["raw deflate", "deflate", LOGS, () => deflateRawSync(LOGS)],
  ["zstd", "zstd", LOGS, () => zstdCompressSync(LOGS)],
  ["zstd without a size", "zstd", LOGS, () => zstdCompressSync(LOGS, UNSIZED)],
  [
    "zstd without a size, a small body of much content",
    "zstd",
    ZEROS,
    () => zstdCompressSync(ZEROS, UNSIZED),
  ],
];

async function undo(coding: Coding, wire: Buffer, maxBytes: number, budget = Infinity) {
  let heldBytes = 0;
  let mostBytes = 0;
  const grow = (bytes: number): boolean => {
    if (heldBytes + bytes > budget) return false;
    heldBytes += bytes;
    mostBytes = Math.max(mostBytes, heldBytes);
    return true;
  };
  const shrink = (bytes: number): void => {
    heldBytes -= bytes;
  };
  const outcome = decompress(wire, [coding], { maxBytes, grow, shrink });
  return { outcome, heldBytes, mostBytes };
}

describe("27, 28 large bodies", () => {
  test.for(LARGE)("%s: all of it comes out, and exactly that is held", async ([, coding, content, wire]) => {
    const { outcome, heldBytes } = await undo(coding, wire(), content.length);
    expect(outcome.kind === "plain" && outcome.bytes.equals(content)).toBe(true);
    expect(heldBytes).toBe(content.length);
  });

  test.for(LARGE)(
    "39 %s: a byte above the limit is too large, and no more was held than three times the limit",
    async ([, coding, content, wire]) => {
      const maxBytes = content.length - 1;
      const { outcome, mostBytes } = await undo(coding, wire(), maxBytes);
      expect(outcome.kind).toBe("too_large");
      expect(mostBytes).toBeLessThanOrEqual(3 * maxBytes);
    },
  );

  test.for(LARGE)("41 %s: a budget without room for it says so", async ([, coding, content, wire]) => {
    const { outcome } = await undo(coding, wire(), content.length, content.length - 1);
    expect(outcome.kind).toBe("over_budget");
  });

  test.for(LARGE)("35 %s: cut off, it is corrupt", async ([, coding, content, wire]) => {
    const { outcome } = await undo(coding, wire().subarray(0, -100), content.length);
    expect(outcome.kind).toBe("corrupt");
  });

  test("a gzip body that claims a size it has not is corrupt, whatever the claim", async () => {
    for (const size of [0, 5, 0xffffffff]) {
      const { outcome } = await undo("gzip", wrongSize(gzipSync(LOGS), size), LOGS.length);
      expect(outcome.kind).toBe("corrupt");
    }
  });
});

const LIAR = wrongSize(gzipSync("x".repeat(50)), 2 ** 31);

test.for<[string, "gzip" | "deflate" | "zstd", Buffer, number]>([
  ["gzip says it last", "gzip", gzipSync(LOGS), LOGS.length],
  ["gzip is believed up to what deflate can hold", "gzip", LIAR, LIAR.length * 1_032],
  ["zlib does not say", "deflate", Buffer.alloc(100), 1_600],
  ["zstd says it first, in one byte", "zstd", zstdCompressSync("x".repeat(200)), 200],
  ["in two", "zstd", zstdCompressSync("x".repeat(1_000)), 1_000],
  ["in four", "zstd", zstdCompressSync(LOGS), LOGS.length],
  ["zstd that was streamed does not say", "zstd", zstdCompressSync(LOGS, UNSIZED).subarray(0, 100), 1_600],
  ["too short to say", "zstd", Buffer.alloc(10), 160],
])("how much to expect: %s", ([, coding, wire, expected]) => {
  expect(expectedSize(wire, coding)).toBe(expected);
});
