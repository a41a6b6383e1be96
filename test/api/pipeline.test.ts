import { expect, test } from "vitest";
import { pipelineView } from "../../src/api/pipeline-view.ts";

test("what is wrong on the way is JSON as the description has it", () => {
  const text = "cart: records come 90 s after their own time";
  const view = pipelineView([
    { kind: "ingestion_lag", environment: "production", service: "cart", sinceMs: 0, lastMs: 60_000, text },
    { kind: "repeated_batches", environment: null, service: null, sinceMs: 0, lastMs: 0, text: "a batch" },
  ]);
  expect(view.notes[0]).toEqual({
    kind: "ingestion_lag",
    environment: "production",
    service: "cart",
    since: "1970-01-01T00:00:00Z",
    last_seen_at: "1970-01-01T00:01:00Z",
    text,
  });
  expect(view.notes).toHaveLength(2);
});
