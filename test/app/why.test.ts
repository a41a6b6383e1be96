import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { why } from "../../src/app/why.ts";
import { parseWhyArguments } from "../../src/app/why-arguments.ts";
import { ApiServer } from "../support/api-server.ts";
import { LifeOffice } from "../support/life-office.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { TextSink } from "../support/replay-streams.ts";

const NOBODY = { host: "127.0.0.1", port: 1, token: null, publicUrl: null };

test.for<[readonly string[], object | null]>([
  [["payment-api"], { service: "payment-api", from: null }],
  [["payment-api", "2h"], { service: "payment-api", from: "2h" }],
  [["payment-api", "2024-01-15T10:30:00Z"], { service: "payment-api", from: "2024-01-15T10:30:00Z" }],
  [[], null],
  [["--help"], null],
  [["payment-api", "yesterday"], null],
  [["payment-api", "2h", "3h"], null],
])("the arguments %j are read as %j", ([args, expected]) => {
  expect(parseWhyArguments(args)).toEqual(expected);
});

describe("tocsin why", () => {
  let office: LifeOffice;
  let server: ApiServer;
  let out: TextSink;

  beforeEach(async () => {
    office = new LifeOffice();
    server = await new ApiServer({ verbs: office.verbs, clock: office.clock }).start();
    out = new TextSink();
  });

  afterEach(() => server.stop());

  function ask(service: string): Promise<number> {
    const api = { host: "127.0.0.1", port: server.port, token: null, publicUrl: null };
    return why({ api }, { service, from: "2h" }, out);
  }

  test("shows what the running service saw and did not send, with the gate and its numbers", async () => {
    office.ledger.record({
      environment: "production",
      service: "payment-api",
      category: "volume_drop",
      pattern: null,
      severity: "low",
      observed: 3,
      expected: 40,
      gate: "gate",
      reason: "not seen again a step later; volume: 3 in 5 minutes, 30 to 50 expected",
      alertId: null,
      atMs: OPENED_AT_MS,
    });
    expect(await ask("payment-api")).toBe(0);
    const said = out.lines.join("\n");
    expect(said).toContain("volume drop in production");
    expect(said).toContain("stopped by gate: not seen again a step later; volume: 3 in 5 minutes");
  });

  test("says so where nothing was stopped", async () => {
    expect(await ask("search")).toBe(0);
    expect(out.lines.join()).toContain("Nothing was seen in search and not sent.");
  });

  test("says what to do where no service answers", async () => {
    expect(await why({ api: NOBODY }, { service: "payment-api", from: null }, out)).toBe(1);
    expect(out.lines.join()).toContain("No service answers on port 1");
  });
});
