import fc from "fast-check";
import { expect, test } from "vitest";
import { ShapeScanner } from "../../src/template/shape-scanner.ts";
import { MAX_LINE_BYTES, MAX_LINE_TOKENS } from "../../src/template/token-scanner.ts";
import { keyOf, shapeOf } from "../support/template-mining.ts";

const encoder = new TextEncoder();

test.for([
  ["numbers", "took 12 ms", "took 9,034.5 ms"],
  ["signs", "balance -5 left", "balance 17 left"],
  ["a unit behind a number", "sent 1 KB of data", "sent 12 bytes of data"],
  ["addresses and ports", "from 10.0.0.1:80 closed", "from fe80::1ff:fe23 closed"],
  ["ids", "user 4c1d-77 gone", "user 550e8400-e29b-41d4-a716-446655440000 gone"],
  ["times of any form", "at 2024-01-02T03:04:05.6Z restarted", "at Mon Jan 02 03:04:05 2024 restarted"],
  ["paths", "cannot open /etc/hosts today", "cannot open C:\\Users\\x\\y.txt today".replace("C:", "")],
  ["URLs", "GET http://a/b?c=d done", "GET https://example.com done"],
  ["mail addresses", "mail to a@b.example sent", "mail to someone.else@example.org sent"],
  ["the redactor's pseudonyms", "mail to <email#a1b2c3> sent", "mail to a@b.example sent"],
  ["pseudonyms without a digit", "key <secret:value#abcdef> used", "key 17 used"],
  ["how many values stand in a row", "read [1, 2, 3] items", "read [17] items"],
  ["the width of blanks", "a  b\tc", "a b c"],
] as const)("lines that differ only in %s have one shape", ([, one, other]) => {
  expect(keyOf(one)).toBe(keyOf(other));
});

test.for([
  ["VM started", "VM stopped"],
  ["a=b c", "a b c"],
  ["user root", "user 17"],
  ["[a] b", "a b"],
] as const)("lines that differ in more than variables have two shapes: %s / %s", ([one, other]) => {
  expect(keyOf(one)).not.toBe(keyOf(other));
});

test("the hash of a shape is what it was in every release before: it is stored", () => {
  const scanner = new ShapeScanner();
  scanner.scanText("Connection from 10.0.0.1 to service=cart failed after 30 s: größer");
  expect([scanner.high, scanner.low]).toMatchInlineSnapshot(`
    [
      -317423852,
      1679090122,
    ]
  `);
});

test("text and its UTF-8 give the same hash, wherever the bytes stand", () => {
  const scanner = new ShapeScanner();
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.nat(20), (text, offset) => {
      scanner.scanText(text);
      const wanted = [scanner.high, scanner.low];
      const bytes = encoder.encode(`${"x1 ".repeat(offset)}${text}`);
      scanner.scan(bytes, offset * 3, bytes.length);
      expect([scanner.high, scanner.low]).toEqual(wanted);
    }),
  );
});

test("any bytes are read to their end or to a bound, and give a shape", () => {
  const scanner = new ShapeScanner();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
      scanner.scan(bytes, 0, bytes.length);
      expect(scanner.scanned.tokens).toBeLessThanOrEqual(MAX_LINE_TOKENS);
      expect(Number.isSafeInteger(scanner.key)).toBe(true);
    }),
  );
});

test("a line is read up to its bounds, in bytes and in tokens", () => {
  expect(keyOf(`head ${"x".repeat(MAX_LINE_BYTES)} one`)).toBe(
    keyOf(`head ${"x".repeat(MAX_LINE_BYTES)} two`),
  );
  expect(shapeOf("a b ".repeat(10_000)).texts.length).toBeLessThanOrEqual(MAX_LINE_TOKENS);
  expect(keyOf(`${"é".repeat(MAX_LINE_BYTES)}`)).toBe(keyOf(`${"é".repeat(MAX_LINE_BYTES * 2)}`));
});

test.for([
  [`{"level":"info","msg":"order 12 placed","id":7}`, "order 99 placed"],
  [`{"a":{"msg":"inner"},"message":"order 12 placed"}`, "order 99 placed"],
  [`level=info ts=2024 msg="order 12 placed" caller=x.go:1`, "order 99 placed"],
  [`time=1 msg=ready`, "ready"],
] as const)("of a structured body the message counts: %s", ([body, message]) => {
  expect(shapeOf(body).texts).toEqual(shapeOf(message).texts);
});

test("a JSON object without a message goes by its keys", () => {
  expect(keyOf(`{"user":"ann","n":1}`)).toBe(keyOf(`{"user":"bob","n":[2,3]}`));
  expect(keyOf(`{"user":"ann"}`)).not.toBe(keyOf(`{"order":"ann"}`));
});

test("JSON without an end is no JSON, and nesting without an end is read in linear time", () => {
  expect(keyOf("{ready} to go")).not.toBe(keyOf("{}"));
  expect(shapeOf(`${'{"a":'.repeat(100_000)}`).texts.length).toBeLessThanOrEqual(MAX_LINE_TOKENS);
});

const TRACE = (line: number, message: string, last: string): string =>
  [
    `Request 17 failed`,
    `java.lang.IllegalStateException: ${message}`,
    `\tat com.shop.Cart.add(Cart.java:${line})`,
    `\tat com.shop.Cart.put(Cart.java:${line + 1})`,
    `\tat com.shop.Api.call(Api.java:${line + 2})`,
    `\tat ${last}(Thread.java:${line + 3})`,
  ].join("\n");

test("a stack trace goes by its first line, the exception's type and the top frames, not by lines or text", () => {
  const one = keyOf(TRACE(10, "no cart for ann", "java.lang.Thread.run"));
  expect(keyOf(TRACE(99, "other text entirely", "java.lang.Worker.run"))).toBe(one);
  expect(keyOf(TRACE(10, "no cart for ann", "x.y").replace("Cart.put", "Cart.get"))).not.toBe(one);
  expect(keyOf(TRACE(10, "no cart for ann", "x.y").replace("IllegalState", "Index"))).not.toBe(one);
});

test("no value of a variable is in a shape", () => {
  const shape = JSON.stringify(
    shapeOf("card 4111111111111111 of a@b.example from 10.1.2.3 in /home/ann/x17"),
  );
  expect(shape).not.toMatch(/4111|a@b|10\.1|ann/);
});

test.for([
  ["retry 3", "retry <num>"],
  ["from 10.0.0.1:80", "from <ip>"],
  ["id 550e8400-e29b-41d4-a716-446655440000", "id <uuid>"],
  ["open /var/log/x.log", "open <path>"],
  ["mask 0x1fe", "mask <hex>"],
  ["took 12 ms", "took <duration>"],
  ["sent 1.5 KB", "sent <size>"],
  ["get https://a.example/b", "get <url>"],
  ["mail a@b.example", "mail <email>"],
  ["mail <email#a1b2>", "mail <email>"],
  ["at 2024-01-02 03:04:05,678 ok", "at <time> ok"],
  ["block blk_-17", "block blk_<num>"],
  ["value <secret:value#a1b2>", "value <*>"],
] as const)("people see what a variable is: %s", ([line, shown]) => {
  const { gaps, texts } = shapeOf(line);
  expect(texts.map((text, index) => (gaps[index] ?? "") + text).join("")).toBe(shown);
});
