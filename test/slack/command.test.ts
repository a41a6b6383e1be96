import { describe, expect, test } from "vitest";
import { type Command, parseCommand, WORDS } from "../../src/slack/command.ts";

const ID = "anom_20240115_103045";
const HOUR_MS = 3_600_000;
const help = (problem: string | null): Command => ({ verb: "help", problem });
const recent = (limit: number, change: Partial<Extract<Command, { verb: "recent" }>> = {}): Command => ({
  verb: "recent",
  limit,
  clamped: false,
  service: null,
  severity: null,
  ...change,
});
type Wish = Extract<Command, { verb: "mute" }>["request"];
const mute = (kind: Wish["target"]["kind"], value: string, change: Partial<Wish> = {}): Command => ({
  verb: "mute",
  request: {
    target: { kind, value, environment: null },
    durationMs: 2 * HOUR_MS,
    startsAtMs: null,
    reason: null,
    ...change,
  },
});
const MUTE_USAGE = '"mute" needs what and how long, such as "mute payment-api 2h".';

const rows: readonly (readonly [text: string, command: Command])[] = [
  ["", help(null)],
  ["   ", help(null)],
  ["help", help(null)],
  ["HELP me", help(null)],
  ["recent", recent(10)],
  ["  Recent   5 ", recent(5)],
  ["recent 50", recent(50)],
  ["recent 51", recent(50, { clamped: true })],
  ["recent 999", recent(50, { clamped: true })],
  ["recent 0", help('"0" is not a number from 1 to 50.')],
  ["recent -1", help('"-1" is not a number from 1 to 50.')],
  ["recent 1e3", help('"1e3" is not a number from 1 to 50.')],
  ["recent payment-api", recent(10, { service: "payment-api" })],
  ["recent high 5 payment-api", recent(5, { service: "payment-api", severity: "high" })],
  ["recent 3scale CRITICAL", recent(10, { service: "3scale", severity: "critical" })],
  ["recent a b", help('"b" is one word too many.')],
  ["list", recent(10)],
  [`show ${ID}`, { verb: "show", id: ID }],
  [`show ${ID.toUpperCase()}`, { verb: "show", id: ID }],
  [`show \`${ID}\``, { verb: "show", id: ID }],
  [`show *${ID}*.`, { verb: "show", id: ID }],
  [`show “${ID}_2”`, { verb: "show", id: `${ID}_2` }],
  [`show 20240115_103045`, { verb: "show", id: ID }],
  [`show 20240115`, { verb: "show", id: "20240115" }],
  [`show ${ID} please`, { verb: "show", id: ID }],
  [`analyze ${ID}`, { verb: "analyze", id: ID, hint: null }],
  [`analyse\t${ID} it was the deploy`, { verb: "analyze", id: ID, hint: "it was the deploy" }],
  [`ack ${ID}`, { verb: "acknowledge", id: ID }],
  [`acknowledge ${ID}`, { verb: "acknowledge", id: ID }],
  [`resolve ${ID}`, { verb: "resolve", id: ID }],
  [`reopen ${ID}`, { verb: "reopen", id: ID }],
  [`snooze ${ID} 2h`, { verb: "snooze", id: ID, durationMs: 2 * HOUR_MS }],
  [`snooze ${ID} OFF`, { verb: "snooze", id: ID, durationMs: null }],
  [`snooze ${ID}`, help('"snooze" needs an id and how long, such as "2h", or "off".')],
  [`snooze ${ID} 91d`, help("A snooze lasts from 1m to 90d.")],
  [`assign ${ID}`, { verb: "assign", id: ID, assignee: "me" }],
  [`assign ${ID} Bob Smith`, { verb: "assign", id: ID, assignee: "Bob Smith" }],
  [`assign ${ID} nobody`, { verb: "assign", id: ID, assignee: null }],
  ["assign", help('"assign" needs the id of an anomaly.')],
  [`merge ${ID}_2 into ${ID}`, { verb: "merge", id: `${ID}_2`, into: ID }],
  [`merge ${ID}`, help('"merge" needs two ids: which goes on in which.')],
  [`noise ${ID}`, { verb: "noise", id: ID }],
  [`note ${ID} the pool was full`, { verb: "note", id: ID, text: "the pool was full" }],
  [`note ${ID}`, help(`What should the note on ${ID} say?`)],
  ["mute payment-api 2h", mute("service", "payment-api")],
  ["mute service payment-api 2h", mute("service", "payment-api")],
  ["mute service:Payment-API 2h", mute("service", "Payment-API")],
  ["mute error_spike 2h", mute("category", "error_spike")],
  ["mute category ERROR_SPIKE 2h", mute("category", "error_spike")],
  [`mute ${ID} 2h`, mute("alert", ID)],
  ["mute pattern p12 120m flapping", mute("pattern", "p12", { reason: "flapping" })],
  [
    "mute payment-api 2h in staging from 2026-01-15T22:00Z the upgrade",
    mute("service", "payment-api", {
      target: { kind: "service", value: "payment-api", environment: "staging" },
      startsAtMs: Date.UTC(2026, 0, 15, 22),
      reason: "the upgrade",
    }),
  ],
  ["mute", help(MUTE_USAGE)],
  ["mute payment-api", help(MUTE_USAGE)],
  ["mute payment-api soon", help(MUTE_USAGE)],
  ["mute payment-api 1s", help("A mute lasts from 1m to 90d.")],
  ["mute payment-api 91d", help("A mute lasts from 1m to 90d.")],
  ["mute a 2h from soon", help('"soon" is not a time such as 2026-01-15T22:00Z.')],
  ["unmute M12", { verb: "unmute", id: "m12" }],
  ["unmute", help('"unmute" needs the id of a mute; "mutes" lists them.')],
  ["mutes", { verb: "mutes" }],
  ["why payment-api", { verb: "why", service: "payment-api", at: null }],
  ["why payment-api 2h", { verb: "why", service: "payment-api", at: "2h" }],
  ["why", help('"why" needs the name of a service.')],
  ["status", { verb: "status" }],
  ["services", { verb: "services" }],
  ["patterns cart", { verb: "patterns", service: "cart" }],
  ["patterns", help('"patterns" needs the name of a service.')],
  ["digest", { verb: "digest" }],
  ["test", { verb: "test" }],
  ["approve p3", { verb: "approve", id: "p3" }],
  ["reject", help('"reject" needs the id of a proposal.')],
  ["show", help('"show" needs the id of an anomaly.')],
  ["ack", help('"ack" needs the id of an anomaly.')],
  ["show ``", help('"show" needs the id of an anomaly.')],
  ["shwo x", help('Unknown command "shwo". Did you mean "show"?')],
  ["anlayze x", help('Unknown command "anlayze". Did you mean "analyze"?')],
  ["resovle", help('Unknown command "resovle". Did you mean "resolve"?')],
  ["constructor", help('Unknown command "constructor".')],
  ["<!channel>", help('Unknown command "<!channel>".')],
];

describe("parseCommand", () => {
  test.for(rows)("%j", ([text, command]) => {
    expect(parseCommand(text)).toEqual({ command, isPublic: false });
  });

  test("every word is understood, alone or with what it needs", () => {
    for (const word of WORDS) {
      const { command } = parseCommand(`${word} ${ID} 2h`);
      expect(command.verb === "help" ? word : command.verb).not.toBe("");
      expect(JSON.stringify(command)).not.toContain("Unknown");
    }
  });

  test("public as the last word is no part of the question", () => {
    expect(parseCommand("recent 5 public")).toEqual({ command: recent(5), isPublic: true });
    expect(parseCommand(`show ${ID} PUBLIC`)).toEqual({ command: { verb: "show", id: ID }, isPublic: true });
    expect(parseCommand("public").isPublic).toBe(false);
  });

  test("a word without end is cut", () => {
    const unknown = help(`Unknown command "${"x".repeat(64)}".`);
    expect(parseCommand("x".repeat(100_000)).command).toEqual(unknown);
    expect(parseCommand(`show ${"y".repeat(100_000)}`).command).toEqual({ verb: "show", id: "y".repeat(64) });
  });
});
