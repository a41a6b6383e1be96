import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maskMessage, MAX_TEMPLATE_LENGTH } from "../../src/template/mask.ts";

describe("a masked message", () => {
  test.for<[string, string]>([
    ["order 17 placed", "order <num> placed"],
    ["took 1,234.5 ms", "took <num> ms"],
    ["Connection to 10.0.0.17:5432 refused", "Connection to <ip> refused"],
    ["request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 failed", "request <uuid> failed"],
    ["pointer 0xDEADBEEF is null", "pointer <hex> is null"],
    ["commit 9f8e7d6c5b4a is bad", "commit <hex> is bad"],
    ["at 20240115", "at <num>"],
    ["mail to <email#9f8e7d6c> bounced 3 times", "mail to <email#9f8e7d6c> bounced <num> times"],
    ["no variables here", "no variables here"],
    ["a deadbeef of letters only stays", "a deadbeef of letters only stays"],
    ["first line 1\n  at stack (file.js:17)", "first line <num>"],
    ["  blanks around  ", "blanks around"],
    ["", ""],
    ["__proto__", "__proto__"],
  ])("%j reads %j", ([message, template]) => {
    expect(maskMessage(message)).toBe(template);
  });

  test("is the same for repetitions that differ in numbers only", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(maskMessage(`user ${a} waited ${b} s`)).toBe(maskMessage(`user ${b} waited ${a} s`));
      }),
    );
  });

  test("of a line of 10 MB is short and quick", () => {
    expect(maskMessage("x".repeat(10_000_000)).length).toBeLessThanOrEqual(MAX_TEMPLATE_LENGTH);
    expect(maskMessage("1.".repeat(5_000_000)).length).toBeLessThanOrEqual(MAX_TEMPLATE_LENGTH);
  });
});
