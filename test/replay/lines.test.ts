import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter } from "../../src/replay/lines.ts";

function split(pieces: readonly string[], maxChars = 1_000): { lines: string[]; overlong: number } {
  const splitter = new LineSplitter(maxChars);
  const lines = pieces.flatMap((piece) => splitter.push(piece));
  lines.push(...splitter.end());
  return { lines, overlong: splitter.overlong };
}

describe("cutting a stream into lines", () => {
  test.for<[pieces: string[], lines: string[]]>([
    [["a\nb\n"], ["a", "b"]],
    [["a\r\nb"], ["a", "b"]],
    [
      ["a", "b", "\n", "c"],
      ["ab", "c"],
    ],
    [["\n\n"], ["", ""]],
    [
      ["a\r", "\nb"],
      ["a", "b"],
    ],
    [[""], []],
  ])("%j", ([pieces, lines]) => {
    expect(split(pieces).lines).toEqual(lines);
  });

  test("a line beyond the bound is counted and leaves an empty one, so that its neighbours keep their numbers", () => {
    expect(split(["ok\n" + "x".repeat(11) + "\nok too\n", "y".repeat(8), "y".repeat(8)], 10)).toEqual({
      lines: ["ok", "", "ok too", ""],
      overlong: 2,
    });
  });

  test("where the stream is cut into pieces changes nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[ab\n]{0,12}$/)), (pieces) => {
        expect(split(pieces, 5)).toEqual(split([pieces.join("")], 5));
      }),
    );
  });
});
