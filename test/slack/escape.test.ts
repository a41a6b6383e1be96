import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeCode, escapeLine, escapeMrkdwn } from "../../src/slack/escape.ts";

describe("escaping for Slack", () => {
  test.for([
    ["a & b < c > d", "a &amp; b &lt; c &gt; d"],
    ["<!channel> <!here|here>", "&lt;!channel&gt; &lt;!here|here&gt;"],
    [
      "<@U123> <#C1> <https://x.example|bank>",
      "&lt;@U123&gt; &lt;#C1&gt; &lt;https:\u200b//x.example|bank&gt;",
    ],
    ["see www.x.example or mailto:a", "see www\u200b.x.example or mailto:\u200ba"],
    ["*bold* _it_ ~no~ `code`", "∗bold∗ ˍitˍ ∼no∼ 'code'"],
    ["payment_api __init__ a_b_", "payment_api ˍˍinitˍˍ a_bˍ"],
    [":fire: 10:30:45 a::b :100:", ":\u200bfire: 10:30:45 a::b :\u200b100:"],
    ["> quoted\n >> twice\na > b", "› quoted\n › twice\na &gt; b"],
    ["@here @Channel @EVERYONE @alice", "@\u200bhere @\u200bChannel @\u200bEVERYONE @alice"],
    ["@\u200bhere", "@\u200bhere"],
    ["@\u2060here", "@\u200bhere"],
    ["a\u0000b\u001b[31mc\u202ed", "abcd"],
    ["one\ntwo", "one\ntwo"],
    ["&amp;", "&amp;amp;"],
  ] as const)("%j", ([text, escaped]) => {
    expect(escapeMrkdwn(text, 1_000)).toBe(escaped);
  });

  test("a line has no line breaks", () => {
    expect(escapeLine(" one\r\n two\tthree ", 100)).toBe("one two three");
  });

  test("a code span cannot be ended from within, and is never empty", () => {
    expect(escapeCode("a `b` ```c", 100)).toBe("`a 'b' '''c`");
    expect(escapeCode("``", 100)).toBe("`''`");
    expect(escapeCode("*a* _b_ :fire: > c", 100)).toBe("`*a* _b_ :fire: &gt; c`");
    expect(escapeCode("", 100)).toBe("` `");
  });

  test.for([
    ["abcdef", 6, "abcdef"],
    ["abcdefg", 6, "abcde…"],
    ["abcd&", 6, "abcd…"],
    ["abcd<>", 9, "abcd&lt;…"],
    ["a&b", 6, "a…"],
    ["aaaa😀bb", 6, "aaaa…"],
  ] as const)("%j in %d characters reads %j", ([text, max, cut]) => {
    expect(escapeMrkdwn(text, max)).toBe(cut);
  });

  test("whatever comes in, what goes out is bounded, whole, and holds neither mention nor link", () => {
    const piece = fc.constantFrom(
      "&",
      "<",
      ">",
      "<!channel>",
      "@here",
      "@",
      "here",
      "😀",
      "`",
      "\u0000",
      "\u200b",
      "x",
      "\n",
    );
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 80 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 200 }), (given, max) => {
        for (const out of [escapeMrkdwn(given, max), escapeLine(given, max), escapeCode(given, max)]) {
          expect(out.length).toBeLessThanOrEqual(max);
          expect(out.isWellFormed()).toBe(true);
          expect(out.replace(/&(?:amp|lt|gt);/g, "·")).not.toMatch(/[<>&]|@(?:here|channel|everyone)/i);
        }
      }),
    );
  });
});
