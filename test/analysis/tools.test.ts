import { describe, expect, test } from "vitest";
import { recallOf } from "../../src/analysis/recall.ts";
import { redact } from "../../src/analysis/redact.ts";
import { toolbox, type ToolboxOptions } from "../../src/analysis/tools.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { requestProblems } from "../support/claude-rules.ts";
import { logRecord } from "../support/log-records.ts";
import { sampleAlert, sampleEvidence } from "../support/sample-alert.ts";

const SECRET = "password=hunter2";
const ALERT = sampleAlert({ evidence: [sampleEvidence({ examples: [SECRET] })] });
const AT_MS = sampleEvidence().firstSeenAtMs;
const MINUTE_MS = 60_000;

interface Said {
  readonly atMs: number;
  readonly body: string;
  readonly service?: string;
  readonly level?: string;
}

/** A memory of what was said; its templates are the lines themselves. */
function memory(said: readonly Said[]): ToolboxOptions {
  const recent = new RecentRecords({ redact, textOf: (_key, id) => id });
  for (const { atMs, body, service = "payment-api", level = "INFO" } of said)
    recent.observe(logRecord(atMs, { service, level, body }), body);
  return { recall: recallOf(recent, (_key, id) => id) };
}

interface Result {
  readonly isError: boolean;
  readonly text: string;
  readonly items: readonly Record<string, unknown>[];
}

function run(options: ToolboxOptions, name: string, input: unknown, alert = ALERT): Result {
  const { text, isError } = toolbox(alert, options).run(name, input);
  const { items = [] } = JSON.parse(text) as { items?: readonly Record<string, unknown>[] };
  return { isError, text, items };
}

test("the tools are ones that the API takes, sorted by name", () => {
  const { tools } = toolbox(ALERT);
  const names = tools.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  const messages = [{ role: "user", content: "x" }];
  expect(requestProblems({ model: "m", max_tokens: 1, messages, tools })).toEqual([]);
});

test.for([
  ["an unknown name", "drop_table", {}],
  ["a wrong input", "search_templates", { sql: "select 1" }],
  ["an empty text", "search_templates", { text: "  " }],
  ["no input at all", "get_examples", null],
  ["an id that is none", "timeline", { id: "../../etc" }],
  ["a stretch of no length", "compare_windows", { service: "a", minutes: 0, earlier: 1 }],
  ["a stretch beyond the memory", "compare_windows", { service: "a", minutes: 5, earlier: 9_999 }],
  ["what is not in memory", "get_context", { id: "E1", all_services: true }],
  ["a runbook that is not there", "get_runbook", {}],
] as const)("%s is answered with a problem in words of our own", ([, name, input]) => {
  const { text, isError } = run({}, name, input);
  expect(isError).toBe(true);
  expect(text).not.toMatch(/select|etc\b|drop|9999/);
});

describe("the records around an item", () => {
  const SCENE: readonly Said[] = [
    { atMs: AT_MS - 90_000, body: "long before" },
    { atMs: AT_MS - 2_000, body: `reading ${SECRET}` },
    { atMs: AT_MS, body: "Connection to db-1 refused", level: "ERROR" },
    { atMs: AT_MS + 1_000, body: "order failed", service: "shop", level: "ERROR" },
  ];

  test("come in order of time, of all services, redacted, and none from long before", () => {
    const { items, text } = run(memory(SCENE), "get_context", { id: "e1", all_services: true });
    expect(items.map(({ service, level }) => [service, level])).toEqual([
      ["payment-api", "INFO"],
      ["payment-api", "ERROR"],
      ["shop", "ERROR"],
    ]);
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("long before");
  });

  test("are those of its own service where nothing else is wanted", () => {
    const { items } = run(memory(SCENE), "get_context", { id: "E1", all_services: false });
    expect(items).toHaveLength(2);
  });

  test("are templates alone where no line may be sent", () => {
    const { items } = run({ ...memory(SCENE), templatesOnly: true }, "get_context", {
      id: "E1",
      all_services: true,
    });
    expect(items).toHaveLength(3);
    for (const item of items) expect(item).not.toHaveProperty("line");
  });

  test("are the nearest ones of many, and fit", () => {
    const many = Array.from({ length: 190 }, (_, i) => ({
      atMs: AT_MS - 50_000 + i * 400,
      body: `line ${i} ${"long ".repeat(80)}`,
    }));
    const { items, text } = run(memory(many), "get_context", { id: "E1", all_services: true });
    expect(text.length).toBeLessThanOrEqual(8_000);
    expect(items.length).toBeGreaterThan(5);
  });
});

describe("a search", () => {
  test("finds templates that are no evidence, with exact counts, and gives them ids to quote by", () => {
    const { endMs } = ALERT.window;
    const said = [-9, -3, -2, -1].map((minute) => ({
      atMs: endMs + minute * MINUTE_MS,
      body: "cache miss of the price list",
    }));
    const box = toolbox(ALERT, memory(said));
    const { text } = box.run("search_templates", { text: "price list" });
    const { items } = JSON.parse(text) as { items: readonly { id: string; count_in_window: number }[] };
    expect(items).toMatchObject([{ id: "T1", count_in_window: 3 }]);
    expect(box.seen().get("T1")).toContain("cache miss of the price list");
  });

  test("finds evidence by its own id once", () => {
    const said = [{ atMs: AT_MS, body: sampleEvidence().template ?? "" }];
    const { items } = run(memory(said), "search_templates", { text: "refused" });
    expect(items.map(({ id }) => id)).toEqual(["E1"]);
  });
});

test("two stretches of time are compared by exact counts, what differs most first", () => {
  const nowMs = ALERT.detectedAtMs;
  const every = (body: string, from: number, to: number, each: number): Said[] =>
    Array.from({ length: (to - from) * each }, (_, i) => ({
      atMs: nowMs - to * MINUTE_MS + Math.floor(i / each) * MINUTE_MS + 1,
      body,
    }));
  const said = [...every("steady", 0, 20, 2), ...every("gone", 10, 20, 3), ...every("new", 0, 5, 4)];
  const { items } = run(memory(said), "compare_windows", { service: "PAYMENT-API", minutes: 5, earlier: 10 });
  expect(items.map(({ template }) => template)).toEqual(["new", "gone", "steady"]);
  expect(items[0]).toMatchObject({ before: 0 });
  expect(Number(items[0]?.["now"])).toBeGreaterThanOrEqual(16);
});

test("names are taken in any case, and nothing is given out that is not redacted", () => {
  const { text, isError } = run({}, "GET_EXAMPLES", { id: "e1" });
  expect(isError).toBe(false);
  expect(text).toContain("untrusted");
  expect(text).not.toContain("hunter2");
});

test("the runbook and the alerts that look alike are there in full", () => {
  const runbook = { id: "R1 payment-api", text: `first ${"step ".repeat(300)} last` };
  const similar = [
    {
      id: "S1",
      alert: "anom_1",
      detected_at: "2026-01-01T00:00:00Z",
      services: ["shop"],
      cause: "disk full",
      outcome: "confirmed",
      likeness: 0.5,
    },
  ] as const;
  const options = { context: { runbook, similar } };
  expect(run(options, "get_runbook", {}).text).toContain("last");
  expect(run(options, "similar_alerts", {}).items).toMatchObject([{ id: "S1", outcome: "confirmed" }]);
});

test("every result stays within its bound for any evidence", () => {
  const evidence = Array.from({ length: 44 }, (_, i) =>
    sampleEvidence({ id: `E${i}`, template: `${i} ${"y".repeat(390)}`, examples: ["x".repeat(700)] }),
  );
  for (const name of ["search_templates", "list_changes", "timeline", "get_examples"]) {
    const { text } = toolbox(sampleAlert({ evidence })).run(name, { text: "y", id: "E1" });
    expect(text.length).toBeLessThanOrEqual(8_000);
  }
});

test("a secret behind a colour code does not come through, from evidence, memory or runbook", () => {
  const secret = ["AKIA", "UW58VVURDXX9", "ZEEX"].join("");
  const line = `\u001b[31m${secret}\u001b[0m`;
  const alert = sampleAlert({ evidence: [sampleEvidence({ template: line, examples: [line] })] });
  const options = {
    ...memory([{ atMs: AT_MS, body: line }]),
    context: { runbook: { id: "R1", text: line } },
  };
  for (const name of ["get_context", "get_examples", "get_runbook", "search_templates", "timeline"]) {
    const { text, isError } = run(options, name, { id: "E1", text: "e", all_services: true }, alert);
    expect(isError).toBe(false);
    expect(text).not.toContain(secret);
  }
});
