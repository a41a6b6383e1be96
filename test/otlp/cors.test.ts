import type { IncomingHttpHeaders } from "node:http";

import { describe, expect, test } from "vitest";

import { Cors } from "../../src/otlp/cors.ts";
import { startReceiver } from "../support/otlp-receiver.ts";
import type { Answer, Receiver } from "../support/otlp-receiver.ts";
import { MINIMAL } from "../support/otlp-requests.ts";
import { decodeStatus } from "../support/otlp-schema.ts";

const ORIGIN = "https://shop.example.com";

function preflight(receiver: Receiver, origin: string, path = "/v1/logs"): Promise<Answer> {
  return receiver.post({
    method: "OPTIONS",
    type: "",
    path,
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization,content-type",
    },
  });
}

function corsHeaders(headers: IncomingHttpHeaders): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === "vary" || name.startsWith("access-control-")),
  );
}

describe("96 origins", () => {
  test.for<[allowed: string, origin: string, expected: boolean]>([
    ["https://shop.example.com", "https://shop.example.com", true],
    ["https://Shop.example.com", "https://shop.EXAMPLE.com", true],
    ["https://shop.example.com", "http://shop.example.com", false],
    ["https://shop.example.com", "https://shop.example.com:8443", false],
    ["https://shop.example.com", "https://shopxexample.com", false],
    ["https://*.example.com", "https://shop.example.com", true],
    ["https://*.example.com", "https://a.shop.example.com", true],
    ["https://*.example.com", "https://example.com", false],
    ["https://*.example.com", "https://evil.com/.example.com", false],
    ["https://*.example.com", "https://shop.example.com.evil.com", false],
    ["https://*.example.com", "https://evilexample.com", false],
    ["https://*.example.com", `https://${"a.".repeat(50_000)}!`, false],
    ["http://localhost:*", "http://localhost:5173", true],
    ["http://localhost:*", "http://localhost:5173.evil.com", false],
    ["http://localhost:*", "http://localhost", false],
    ["*", "https://anything.example", true],
    ["*", "null", true],
    ["https://shop.example.com", "null", false],
  ])("%s: %s is allowed: %s", ([allowed, origin, expected]) => {
    expect(new Cors([allowed]).allows(origin)).toBe(expected);
  });

  test("any of several is enough", () => {
    const cors = new Cors(["https://a.example.com", "https://*.example.org"]);
    expect(
      ["https://a.example.com", "https://b.example.org", "https://c.example.net"].map((o) => cors.allows(o)),
    ).toEqual([true, true, false]);
  });
});

describe("96 off by default", () => {
  test("a preflight is a 405, and no answer names an origin", async () => {
    const receiver = await startReceiver();
    const asked = await preflight(receiver, ORIGIN);
    expect([asked.status, asked.headers.allow]).toEqual([405, "POST"]);
    const sent = await receiver.post({ body: MINIMAL, headers: { Origin: ORIGIN } });
    expect(sent.status).toBe(200);
    expect([corsHeaders(asked.headers), corsHeaders(sent.headers)]).toEqual([{}, {}]);
  });
});

const ANSWERED = {
  vary: "Origin",
  "access-control-allow-origin": ORIGIN,
  "access-control-allow-credentials": "true",
  "access-control-expose-headers": "Retry-After",
};

describe("96, 97 with origins", () => {
  const corsOrigins = ["https://*.example.com"];

  test("97 a preflight passes without the token: 204, what was asked for is allowed", async () => {
    const receiver = await startReceiver({ corsOrigins, token: "secret" });
    const { status, headers, body } = await preflight(receiver, ORIGIN);
    expect([status, body.length, headers["content-type"]]).toEqual([204, 0, undefined]);
    expect(corsHeaders(headers)).toEqual({
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "authorization,content-type",
      "access-control-max-age": "7200",
    });
    expect(receiver.observations).toMatchObject([{ status: 204, reason: "preflight" }]);
  });

  test("a preflight from elsewhere allows nothing", async () => {
    const receiver = await startReceiver({ corsOrigins });
    const { status, headers } = await preflight(receiver, "https://evil.example.net");
    expect([status, corsHeaders(headers)]).toEqual([
      204,
      { vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers" },
    ]);
  });

  test("a preflight for another path is a 404", async () => {
    const receiver = await startReceiver({ corsOrigins });
    expect((await preflight(receiver, ORIGIN, "/v1/traces")).status).toBe(404);
  });

  test("a list of headers that is none is not echoed", async () => {
    const receiver = await startReceiver({ corsOrigins });
    const { headers } = await receiver.post({
      method: "OPTIONS",
      headers: { Origin: ORIGIN, "Access-Control-Request-Headers": 'x"y, <z>' },
    });
    expect(headers["access-control-allow-headers"]).toBeUndefined();
  });

  test("success and refusals carry the origin, 401 with its Status", async () => {
    const receiver = await startReceiver({ corsOrigins, token: "secret" });
    const send = (headers: Record<string, string>, type?: string): Promise<Answer> =>
      receiver.post({
        body: MINIMAL,
        headers: { Origin: ORIGIN, ...headers },
        ...(type === undefined ? {} : { type }),
      });
    const authorization = { Authorization: "Bearer secret" };
    const answers = [await send(authorization), await send({}), await send(authorization, "text/plain")];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 415]);
    for (const { headers } of answers) expect(corsHeaders(headers)).toEqual(ANSWERED);
    expect(decodeStatus(answers[1]?.headers["content-type"], answers[1]?.body ?? Buffer.alloc(0)).code).toBe(
      16,
    );
  });

  test("an overloaded answer tells the page when to come again", async () => {
    const receiver = await startReceiver({ corsOrigins });
    receiver.sink.next = () => ({ kind: "overloaded", retryAfterS: 3 });
    const { status, headers } = await receiver.post({ body: MINIMAL, headers: { Origin: ORIGIN } });
    expect([status, headers["retry-after"]]).toEqual([503, "3"]);
    expect(corsHeaders(headers)).toEqual(ANSWERED);
  });

  test.for([{}, { Origin: "https://evil.example.net" }])(
    "what comes with %j is taken, and told nothing but Vary",
    async (headers) => {
      const receiver = await startReceiver({ corsOrigins });
      const answer = await receiver.post({ body: MINIMAL, headers });
      expect([answer.status, corsHeaders(answer.headers)]).toEqual([200, { vary: "Origin" }]);
    },
  );

  test("4 a 405 names both methods", async () => {
    const receiver = await startReceiver({ corsOrigins });
    expect((await receiver.post({ method: "GET" })).headers.allow).toBe("POST, OPTIONS");
  });
});
