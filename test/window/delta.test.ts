import { expect, test } from "vitest";
import { gapBucket, MAX_GAP_BUCKET } from "../../src/window/delta.ts";

test.for([
  [0, 0],
  [0.9, 0],
  [1, 1],
  [2, 3],
  [1_024, 21],
  [1e12, MAX_GAP_BUCKET],
  [-5, 0],
])("a gap of %d ms falls into bucket %d", ([gapMs, bucket]) => {
  expect(gapBucket(gapMs ?? 0)).toBe(bucket);
});
