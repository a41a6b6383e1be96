import { expect, test } from "vitest";
import { workIds } from "../../src/window/work-ids.ts";

const UUID = "3024950a-b5b3-47d0-83ab-a7d9d927cb74";
const OTHER = "15ad49c0-8b6d-4dc0-9648-457134469da8";

test.for([
  ["a request's attribute", { request_id: `req-${UUID}` }, "failed", [UUID]],
  ["one without a UUID", { "correlation.id": "A-17" }, "failed", ["a-17"]],
  ["one that is no text or too long", { request_id: 17, requestId: "x".repeat(65) }, "failed", []],
  ["UUIDs of its text", {}, `volume ${OTHER}: Request-ID: req-${UUID.toUpperCase()}`, [OTHER, UUID]],
  ["the same one once", { request_id: UUID }, `request ${UUID} failed`, [UUID]],
  ["nothing", {}, "failed", []],
] as const)("a record names its work by %s", ([, attributes, body, expected]) => {
  expect([...workIds({ attributes: new Map(Object.entries(attributes)), body })]).toEqual(expected);
});

test("of a text of nothing but UUIDs only some count", () => {
  const body = Array.from({ length: 500 }, (_, i) => UUID.replace("3024", String(1_000 + i))).join(" ");
  expect(workIds({ attributes: new Map(), body }).size).toBe(8);
});
