import { once } from "node:events";
import { connect } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasTooManyContainers, MAX_JSON_CONTAINERS } from "../../src/api/json-bound.ts";
import { createMetrics } from "../../src/api/metrics.ts";
import type { RequestObservation } from "../../src/api/metrics.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { ApiServer } from "../support/api-server.ts";
import type { Answer } from "../support/api-server.ts";
import { TestClock } from "../support/test-clock.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ONE = JSON.stringify({
  logs: [{ timestamp: "2024-01-15T10:30:00Z", level: "ERROR", service: "cart", message: "no stock" }],
});

let server: ApiServer;
let observed: RequestObservation[];

function start(maxInFlightBytes?: number): Promise<ApiServer> {
  const metrics = createMetrics({ clock: new TestClock(OPENED_AT_MS), version: "1.2.3" });
  const recording = {
    ...metrics,
    observeRequest: (request: RequestObservation) => void observed.push(request),
  };
  return new ApiServer({ metrics: recording }, maxInFlightBytes).start();
}

beforeEach(async () => {
  observed = [];
  server = await start();
});
afterEach(async () => {
  await server.stop();
});

function post(body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Promise<Answer> {
  return server.call("POST", "/logs/ingest", { headers, body });
}

function errorOf({ status, json }: Answer): unknown[] {
  return [status, (json as { error?: { code?: unknown } }).error?.code];
}

describe("records", () => {
  test("are taken in as they were sent", async () => {
    const { status, json } = await post(ONE);
    expect(status).toBe(202);
    expect(json).toStrictEqual({ accepted: 1, late: 0, rejected: 0, errors: [] });
    const record = server.sink.batches[0]?.record(0);
    expect(record).toMatchObject({ timeMs: OPENED_AT_MS - 45_000, severity: 17, body: "no stock" });
    expect(record?.series.service).toBe("cart");
  });

  test("without a message are rejected one by one, the others accepted", async () => {
    const { status, json } = await post(JSON.stringify({ logs: [{ message: "a" }, { level: "INFO" }, 7] }));
    expect(status).toBe(202);
    expect(json).toMatchObject({ accepted: 1, late: 0, rejected: 2, errors: [{ index: 1 }, { index: 2 }] });
  });

  test("that are late are told and counted among the accepted", async () => {
    server.sink.late = 1;
    expect((await post(ONE)).json).toMatchObject({ accepted: 1, late: 1 });
    expect(observed[0]).toMatchObject({ accepted: 1, late: 1, rejected: 0 });
  });

  test("may be none at all", async () => {
    expect((await post('{"logs":[]}')).json).toMatchObject({ accepted: 0, rejected: 0 });
  });

  test("may have __proto__ keys, which do nothing", async () => {
    const body = '{"__proto__":{"polluted":1},"logs":[{"message":"a","__proto__":{"polluted":1}}]}';
    expect((await post(body)).status).toBe(202);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.for([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ] as const)("may come as %s", async ([encoding, compress]) => {
    const body = compress(ONE);
    const answer = await post(body, { ...JSON_TYPE, "content-encoding": encoding });
    expect(answer.json).toMatchObject({ accepted: 1 });
    expect(observed[0]).toMatchObject({
      status: 202,
      reason: "ok",
      encoding,
      contentType: "ingest",
      wireBytes: body.length,
      bodyBytes: ONE.length,
    });
  });
});

describe("bodies that are refused", () => {
  test.for<[string, string | Buffer, Record<string, string>, unknown[]]>([
    ["broken JSON", '{"logs":[', JSON_TYPE, [400, "invalid_json"]],
    ["garbage", Buffer.from([0xff, 0xfe, 0x00, 0x01]), JSON_TYPE, [400, "invalid_json"]],
    ["a bare word", "null", JSON_TYPE, [400, "invalid_json"]],
    ["no logs", '{"records":[]}', JSON_TYPE, [400, "bad_request"]],
    ["logs that are no list", '{"logs":{}}', JSON_TYPE, [400, "bad_request"]],
    ["a list at the top", "[1,2]", JSON_TYPE, [400, "bad_request"]],
    ["__proto__ in the place of logs", '{"__proto__":{"logs":[]}}', JSON_TYPE, [400, "bad_request"]],
    ["an empty body", "", { ...JSON_TYPE, "content-length": "0" }, [400, "bad_request"]],
    ["another content type", ONE, { "content-type": "text/plain" }, [415, "unsupported_media_type"]],
    ["no content type", ONE, {}, [415, "unsupported_media_type"]],
    ["another encoding", ONE, { ...JSON_TYPE, "content-encoding": "lzma" }, [415, "unsupported_media_type"]],
    [
      "another character set",
      ONE,
      { "content-type": "application/json; charset=latin1" },
      [415, "unsupported_media_type"],
    ],
    [
      "gzip that ends early",
      gzipSync(ONE).subarray(0, 20),
      { ...JSON_TYPE, "content-encoding": "gzip" },
      [400, "bad_request"],
    ],
    ["gzip that is none", ONE, { ...JSON_TYPE, "content-encoding": "gzip" }, [400, "bad_request"]],
    ["too much text", `{"logs":[],"x":"${"y".repeat(10_001)}"}`, JSON_TYPE, [413, "payload_too_large"]],
    [
      "a bomb",
      gzipSync(Buffer.alloc(5_000_000, 0x20)),
      { ...JSON_TYPE, "content-encoding": "gzip" },
      [413, "payload_too_large"],
    ],
  ])("%s", async ([, body, headers, expected]) => {
    const answer = await post(body, headers);
    expect(errorOf(answer)).toStrictEqual(expected);
    expect(server.sink.batches).toStrictEqual([]);
    expect(server.budget.usedBytes).toBe(0);
    expect([observed[0]?.status, observed[0]?.reason]).toStrictEqual(expected);
  });

  test("no refusal repeats what was sent", async () => {
    const { text } = await post('{"logs": hush}');
    expect(text).not.toContain("hush");
    expect(server.logged).toStrictEqual([]);
  });

  test("empty gzip members without end cut the connection at the bound", async () => {
    const member = gzipSync("");
    const body = Buffer.concat(Array.from({ length: 1_000 }, () => member));
    const headers = {
      ...JSON_TYPE,
      "content-encoding": "gzip",
      "transfer-encoding": "chunked",
    };
    await expect(post(body, headers)).rejects.toThrow(/socket hang up|ECONNRESET|EPIPE/);
    expect(server.sink.batches).toStrictEqual([]);
  });
});

test("a body of very many small objects is refused before it is parsed", async () => {
  await server.stop();
  server = await new ApiServer({ maxBodyBytes: 10_000_000 }, 20_000_000).start();
  const answer = await post(`{"logs":[${"{},".repeat(MAX_JSON_CONTAINERS)}{}]}`);
  expect(errorOf(answer)).toStrictEqual([413, "payload_too_large"]);
});

test("objects and lists are counted, within strings too, which can only refuse more", () => {
  const body = Buffer.from('{"a":[1,{"b":"[{"}]}');
  expect(hasTooManyContainers(body, 5)).toBe(false);
  expect(hasTooManyContainers(body, 4)).toBe(true);
});

describe("overload", () => {
  test("a sink without memory is 503 with its Retry-After", async () => {
    server.sink.outcome = { kind: "overloaded", retryAfterS: 7 };
    const answer = await post(ONE);
    expect(errorOf(answer)).toStrictEqual([503, "overloaded"]);
    expect(answer.headers["retry-after"]).toBe("7");
  });

  test("a body that does not fit the byte budget is 503 before it is read", async () => {
    await server.stop();
    server = await start(ONE.length);
    const answer = await post(`${ONE} `);
    expect(errorOf(answer)).toStrictEqual([503, "overloaded"]);
    expect(answer.headers["retry-after"]).toBe("5");
    expect((await post(ONE)).status).toBe(202);
  });

  test("a sink with a bug asks to come again instead of losing records", async () => {
    server.sink.broken = true;
    const answer = await post(ONE);
    expect(errorOf(answer)).toStrictEqual([503, "unavailable"]);
    expect(answer.text).not.toContain("hush");
    expect(server.logged.join("")).not.toContain("hush");
    expect(server.logged).toHaveLength(1);
  });

  test("a caller that goes away gives its bytes back and is counted", async () => {
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      "POST /logs/ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    );
    while (server.budget.usedBytes === 0) await nextTurn();
    socket.destroy();
    while (server.budget.usedBytes > 0 || observed.length === 0) await nextTurn();
    expect(observed[0]).toMatchObject({ status: 0, reason: "aborted" });
  });
});

async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
