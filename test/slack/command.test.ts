import { describe, expect, test } from "vitest";
import { type Command, parseCommand } from "../../src/slack/command.ts";

const ID = "anom_20240115_103045";
const help = (problem: string | null): Command => ({ verb: "help", problem });
const recent = (limit: number, clamped = false): Command => ({ verb: "recent", limit, clamped });

const rows: readonly (readonly [text: string, command: Command])[] = [
  ["", help(null)],
  ["   ", help(null)],
  ["help", help(null)],
  ["HELP me", help(null)],
  ["recent", recent(10)],
  ["  Recent   5 ", recent(5)],
  ["recent 50", recent(50)],
  ["recent 51", recent(50, true)],
  ["recent 999", recent(50, true)],
  ["recent 0", help('"0" is not a number from 1 to 50.')],
  ["recent -1", help('"-1" is not a number from 1 to 50.')],
  ["recent ten", help('"ten" is not a number from 1 to 50.')],
  ["recent 1e3", help('"1e3" is not a number from 1 to 50.')],
  [`show ${ID}`, { verb: "show", id: ID }],
  [`show ${ID.toUpperCase()}`, { verb: "show", id: ID }],
  [`show \`${ID}\``, { verb: "show", id: ID }],
  [`show *${ID}*.`, { verb: "show", id: ID }],
  [`show “${ID}_2”`, { verb: "show", id: `${ID}_2` }],
  [`show 20240115_103045`, { verb: "show", id: ID }],
  [`show ${ID} please`, { verb: "show", id: ID }],
  [`analyze ${ID}`, { verb: "analyze", id: ID }],
  [`analyse\t${ID}`, { verb: "analyze", id: ID }],
  [`ack ${ID}`, { verb: "acknowledge", id: ID }],
  [`acknowledge ${ID}`, { verb: "acknowledge", id: ID }],
  [`resolve ${ID}`, { verb: "resolve", id: ID }],
  ["show", help('"show" needs the id of an anomaly.')],
  ["show ``", help('"show" needs the id of an anomaly.')],
  ["shwo x", help('Unknown command "shwo".')],
  ["<!channel>", help('Unknown command "<!channel>".')],
];

describe("parseCommand", () => {
  test.for(rows)("%j", ([text, command]) => {
    expect(parseCommand(text)).toEqual(command);
  });

  test("a word without end is cut", () => {
    const command = parseCommand("x".repeat(100_000));
    expect(command).toEqual(help(`Unknown command "${"x".repeat(64)}".`));
    expect(parseCommand(`show ${"y".repeat(100_000)}`)).toEqual({ verb: "show", id: "y".repeat(64) });
  });
});
