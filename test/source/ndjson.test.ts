import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/log/batch.ts";
import { parseNdjsonLine } from "../../src/source/ndjson.ts";
import { SeriesTable } from "../../src/source/series-table.ts";

function parse(line: string | object, service = ""): LogRecord {
  const text = typeof line === "string" ? line : JSON.stringify(line);
  const outcome = parseNdjsonLine(text, new SeriesTable(), service);
  if (outcome.kind !== "record") throw new Error(outcome.reason);
  return outcome.record;
}

function reason(line: string): string {
  const outcome = parseNdjsonLine(line, new SeriesTable());
  return outcome.kind === "rejected" ? outcome.reason : "accepted";
}

const AT = Date.parse("2024-01-15T10:30:45.250Z");

describe("the names that a line of JSON may use", () => {
  test.for(["ts", "timestamp", "time", "@timestamp"])("%s is the time", (name) => {
    expect(parse({ [name]: "2024-01-15T10:30:45.250Z", msg: "x" }).timeMs).toBe(AT);
  });

  test.for(["level", "severity", "severity_text", "log.level"])("%s is the level", (name) => {
    expect(parse({ [name]: "warning", msg: "x" })).toMatchObject({ severity: 13, severityText: "warning" });
  });

  test.for(["service", "service.name", "service_name", "app"])("%s is the service", (name) => {
    expect(parse({ [name]: "cart", msg: "x" }).series.service).toBe("cart");
  });

  test.for(["message", "msg", "body", "log"])("%s is the message", (name) => {
    expect(parse({ [name]: "hello" }).body).toBe("hello");
  });

  test.for(["context", "attributes", "labels"])("%s become attributes", (name) => {
    expect(parse({ msg: "x", [name]: { user: "u1" } }).attributes.get("user")).toBe("u1");
  });

  test("trace and span ids come under both spellings and only when valid", () => {
    const trace = "a".repeat(32);
    const span = "b".repeat(16);
    expect(parse({ msg: "x", traceId: trace, spanId: span })).toMatchObject({
      traceId: trace,
      spanId: span,
    });
    expect(parse({ msg: "x", trace_id: trace, span_id: span })).toMatchObject({
      traceId: trace,
      spanId: span,
    });
    expect(parse({ msg: "x", traceId: "xyz" }).traceId).toBeNull();
  });

  test("dotted names are read nested as well", () => {
    const record = parse({
      "@timestamp": "2024-01-15T10:30:45.250Z",
      log: { level: "error", logger: "Main" },
      service: { name: "cart", namespace: "shop" },
      message: "x",
    });
    expect(record).toMatchObject({
      timeMs: AT,
      severity: 17,
      series: { service: "cart", namespace: "shop" },
      body: "x",
    });
  });

  test("a nested resource gives the series, with its fallbacks", () => {
    const resource = { attributes: { "service.name": "cart", "deployment.environment.name": "staging" } };
    expect(parse({ msg: "x", resource }).series).toEqual({
      environment: "staging",
      namespace: "",
      service: "cart",
    });
    const pod = { "k8s.pod.name": "cart-7d9f8b6c5-x2x4z" };
    expect(parse({ msg: "x", resource: pod }).series.service).toBe("cart");
    expect(parse({ msg: "x", attributes: pod }).series.service).toBe("cart");
  });

  test("the resource is the nested one, else what names the service, one map for equal lines", () => {
    const resource = { attributes: { "service.name": "cart", "service.version": "1.2" } };
    const scoped = parse({ msg: "x", resource, scope: { name: "http" } });
    expect(scoped.resource).toEqual(new Map(Object.entries(resource.attributes)));
    expect(scoped.scope).toBe("http");
    const table = new SeriesTable();
    const line = '{"msg":"x","app":"cart","context":{"service.version":"1.2"},"logger":"db"}';
    const [first, second] = [parseNdjsonLine(line, table), parseNdjsonLine(line, table)];
    if (first.kind !== "record" || second.kind !== "record") throw new Error("no record");
    expect(first.record.resource).toEqual(new Map(Object.entries(resource.attributes)));
    expect(second.record.resource).toBe(first.record.resource);
    expect(first.record.scope).toBe("db");
    expect(parse({ msg: "x" }).resource.size).toBe(0);
  });

  test("unknown fields become attributes, known ones do not", () => {
    const record = parse({ msg: "x", level: "info", userId: 5, nested: { a: [1, "b"] } });
    expect([...record.attributes]).toEqual([
      ["userId", 5],
      ["nested", new Map([["a", [1, "b"]]])],
    ]);
  });

  test("a given service stands in only where the line names none", () => {
    expect(parse({ msg: "x" }, "given").series.service).toBe("given");
    expect(parse({ msg: "x", app: "own" }, "given").series.service).toBe("own");
    expect(parse({ msg: "x" }).series.service).toBe("unknown_service");
  });

  test("OpenTelemetry's severity number counts before the text", () => {
    expect(parse({ msg: "x", severity_number: 17, severity_text: "info" }).severity).toBe(17);
    expect(parse({ msg: "x", level: 30 }).severity).toBe(9);
    expect(parse({ msg: "x FATAL y" }).severity).toBe(21);
  });

  test("a body that is an object is kept as text", () => {
    expect(parse({ body: { event: "login", ok: true } }).body).toBe('{"event":"login","ok":true}');
  });

  test("a line without a time has none", () => {
    expect(parse({ msg: "x" }).timeMs).toBeNaN();
  });
});

describe("hostile lines", () => {
  test.for<[line: string, expected: string]>([
    ["", "not JSON"],
    ["{", "not JSON"],
    ["null", "not an object"],
    ["[1]", "not an object"],
    ["5", "not an object"],
    ["{}", "message: missing or empty"],
    ['{"msg":" "}', "message: missing or empty"],
    ['{"msg":"x","ts":"soon"}', "timestamp: not RFC 3339 nor an epoch number"],
    ['{"msg":"x","ts":{}}', "timestamp: not RFC 3339 nor an epoch number"],
    ['{"msg":"x","ts":1e400}', "timestamp: not RFC 3339 nor an epoch number"],
  ])("%s is rejected: %s", ([line, expected]) => {
    expect(reason(line)).toBe(expected);
  });

  test("__proto__ reaches no prototype", () => {
    const record = parse(
      '{"msg":"x","__proto__":{"service":"evil","a":1},"attributes":{"__proto__":{"b":2}}}',
    );
    expect(record.series.service).toBe("unknown_service");
    expect(Reflect.get({}, "b")).toBeUndefined();
  });

  test("depth, width and length meet their bounds", () => {
    const deep = `{"msg":"x","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(parse(deep).attributes.size).toBe(1);
    expect(parse(`{"body":${"[".repeat(100_000)}${"]".repeat(100_000)}}`).body.length).toBeLessThan(100);
    const long = parse({ msg: "x", k: "v".repeat(1_000_000) }).attributes.get("k");
    expect(long).toHaveLength(8_192);
  });

  test("a table of series stays bounded and keeps giving right answers", () => {
    const table = new SeriesTable();
    for (let i = 0; i < 25_000; i++) {
      const outcome = parseNdjsonLine(`{"msg":"x","service":"s${i}"}`, table);
      expect(outcome.kind === "record" && outcome.record.series.service).toBe(`s${i}`);
    }
  });
});
