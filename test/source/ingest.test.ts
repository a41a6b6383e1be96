import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/log/batch.ts";
import { MAX_LISTED_ERRORS, parseIngestBody, type IngestOutcome } from "../../src/source/ingest.ts";

const NOW = Date.parse("2024-01-15T10:30:45Z");

function ok(value: unknown): Extract<IngestOutcome, { kind: "ok" }> {
  const outcome = parseIngestBody(value, NOW);
  if (outcome.kind !== "ok") throw new Error(`expected a batch, got: ${outcome.reason}`);
  return outcome;
}

function only(element: unknown): LogRecord {
  const { batch, errors } = ok({ logs: [element] });
  expect(errors).toEqual([]);
  return batch.record(0);
}

describe("the shape of /logs/ingest", () => {
  test("the original example becomes one record with all its fields", () => {
    const record = only({
      timestamp: "2024-01-15T10:30:00Z",
      level: "ERROR",
      service: "payment-api",
      message: "Payment failed",
      context: { user_id: 7, "deployment.environment.name": "staging" },
    });
    expect(record).toMatchObject({
      timeMs: Date.parse("2024-01-15T10:30:00Z"),
      severity: 17,
      severityText: "ERROR",
      series: { environment: "staging", namespace: "", service: "payment-api" },
      body: "Payment failed",
    });
    expect(record.attributes.get("user_id")).toBe(7);
  });

  test("a service's version is seen without its records", () => {
    const of = (version: string) => ({
      message: "x",
      service: "cart",
      context: { "service.version": version },
    });
    const { batch } = ok({ logs: [of("1"), of("1"), of("2")] });
    expect(batch.resources.map(({ attributes }) => attributes.get("service.version"))).toEqual(["1", "2"]);
    expect(batch.record(0).resource.get("service.name")).toBe("cart");
  });

  test("a missing timestamp is now, a missing service is unknown_service", () => {
    for (const missing of [undefined, null, ""]) {
      const record = only({ message: "x", timestamp: missing, service: missing, level: missing });
      expect(record.timeMs).toBe(NOW);
      expect(record.series.service).toBe("unknown_service");
      expect(record.severity).toBe(0);
    }
  });

  test.for<[name: string, element: unknown, reason: string]>([
    ["a missing message", { level: "INFO" }, "message: missing or empty"],
    ["an empty message", { message: "" }, "message: missing or empty"],
    ["a blank message", { message: " \n" }, "message: missing or empty"],
    ["a message that is a number", { message: 5 }, "message: not a string"],
    ["a message that is an object", { message: {} }, "message: not a string"],
    ["a level that is an object", { message: "x", level: {} }, "level: not a string"],
    ["a service that is a number", { message: "x", service: 1 }, "service: not a string"],
    ["a context that is a list", { message: "x", context: [1] }, "context: not an object"],
    ["a context that is text", { message: "x", context: "a=b" }, "context: not an object"],
    [
      "a timestamp in words",
      { message: "x", timestamp: "yesterday" },
      "timestamp: not RFC 3339 nor an epoch number",
    ],
    [
      "a timestamp that is true",
      { message: "x", timestamp: true },
      "timestamp: not RFC 3339 nor an epoch number",
    ],
    [
      "a timestamp before 1970",
      { message: "x", timestamp: -5 },
      "timestamp: not RFC 3339 nor an epoch number",
    ],
    ["null", null, "not an object"],
    ["text", "x", "not an object"],
    ["a list", [], "not an object"],
  ])("%s is rejected with its reason and its place, the others go on", ([, element, reason]) => {
    const { batch, errors, rejected } = ok({ logs: [{ message: "before" }, element, { message: "after" }] });
    expect(errors).toEqual([{ index: 1, reason }]);
    expect(rejected).toBe(1);
    expect([batch.body(0), batch.body(1)]).toEqual(["before", "after"]);
  });

  test.for<[name: string, body: unknown]>([
    ["null", null],
    ["a list", [{ message: "x" }]],
    ["text", "logs"],
    ["an object without logs", { message: "x" }],
    ["logs that are no list", { logs: { message: "x" } }],
    ["logs only on the prototype", Object.create({ logs: [] })],
  ])("%s is not this shape at all", ([, body]) => {
    expect(parseIngestBody(body, NOW).kind).toBe("invalid");
  });

  test("an empty list is accepted and empty", () => {
    expect(ok({ logs: [] })).toMatchObject({ rejected: 0, errors: [], batch: { size: 0 } });
  });

  test.for<[timestamp: unknown, expected: number]>([
    [1_705_314_645, NOW],
    [1_705_314_645_000, NOW],
    ["1705314645000", NOW],
    ["2024-01-15T11:30:45+01:00", NOW],
    ["2024-01-15 10:30:45", NOW],
  ])("the timestamp %s is understood", ([timestamp, expected]) => {
    expect(only({ message: "x", timestamp }).timeMs).toBe(expected);
  });

  test("numbers and foreign words count as levels, and a level in the message where none is given", () => {
    expect(only({ message: "x", level: 50 }).severity).toBe(17);
    expect(only({ message: "x", level: "crit" }).severity).toBe(18);
    expect(only({ message: "x", level: "made-up" }).severity).toBe(0);
    expect(only({ message: "ERROR: disk full" }).severity).toBe(17);
  });

  test("a host in the context never becomes the service", () => {
    expect(only({ message: "x", context: { "host.name": "web-1" } }).series.service).toBe("unknown_service");
  });

  test("trace ids are taken from the record or its context, only where they are valid", () => {
    const trace = "0AF7651916CD43DD8448EB211C80319C";
    expect(only({ message: "x", trace_id: trace }).traceId).toBe(trace.toLowerCase());
    expect(only({ message: "x", context: { traceId: trace } }).traceId).toBe(trace.toLowerCase());
    expect(only({ message: "x", trace_id: "0".repeat(32) }).traceId).toBeNull();
  });

  test("records of one service share one series", () => {
    const logs = Array.from({ length: 50 }, (_, i) => ({ message: "x", service: i % 2 ? "a" : "b" }));
    expect(ok({ logs }).batch.series).toHaveLength(2);
  });

  test("a __proto__ key is a key like any other and reaches no prototype", () => {
    const body: unknown = JSON.parse(
      '{"logs":[{"message":"x","__proto__":{"service":"evil"},"context":{"__proto__":{"polluted":true},"constructor":1}}]}',
    );
    const { batch } = ok(body);
    expect(batch.record(0).series.service).toBe("unknown_service");
    expect(batch.record(0).attributes.get("constructor")).toBe(1);
    expect(batch.record(0).attributes.get("__proto__")).toBeInstanceOf(Map);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  test("a service name of 10 kB is shortened", () => {
    expect(only({ message: "x", service: "s".repeat(10_000) }).series.service.length).toBeLessThanOrEqual(
      255,
    );
  });

  test("a context nested 50,000 deep and 10,000 fields wide meets its bounds", () => {
    const deep: unknown = JSON.parse(`{"a":`.repeat(50_000) + "1" + "}".repeat(50_000));
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]));
    expect(only({ message: "x", context: deep }).attributes.size).toBe(1);
    expect(only({ message: "x", context: wide }).attributes.size).toBe(128);
  });

  test("a body of nothing but garbage lists a bounded number of reasons and counts them all", () => {
    const outcome = ok({ logs: Array.from({ length: 5_000 }, () => ({})) });
    expect(outcome.errors).toHaveLength(MAX_LISTED_ERRORS);
    expect(outcome.rejected).toBe(5_000);
  });
});
