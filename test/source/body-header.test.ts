import { describe, expect, test } from "vitest";
import { BodyHeader, LEARN_BODIES, LOOK_AGAIN_AFTER } from "../../src/source/body-header.ts";
import { LAYOUTS } from "./layouts.ts";

const NOW = Date.parse("2024-06-01T12:00:00Z");
const encoder = new TextEncoder();

function learned(body: (i: number) => string): BodyHeader {
  const header = new BodyHeader();
  for (let i = 0; i < LEARN_BODIES; i++) header.messageStart(body(i), NOW);
  return header;
}

function java(i: number): string {
  return `2024-01-15 10:30:45,123 WARN [main] a.b.C: sold ${i} é`;
}

describe("a header that was left in the body", () => {
  test("gives the message's beginning, the time and the severity, in text and in bytes alike", () => {
    const header = learned(java);
    expect(header.carries).toBe(true);
    const body = java(1);
    const start = header.messageStart(body, NOW);
    expect(body.slice(start)).toBe("sold 1 é");
    expect(header).toMatchObject({ severity: 13, timeMs: Date.parse("2024-01-15T10:30:45.123Z") });
    const bytes = encoder.encode(`xx${body}yy`);
    expect(header.messageStartBytes(bytes, 2, bytes.length - 2, NOW)).toBe(2 + start);
  });

  test.for(
    LAYOUTS.filter(({ lines }) => lines[0]?.[2] !== null).map((layout) => [layout.name, layout] as const),
  )("is found in %s", ([, { lines }]) => {
    const bodies = lines.map(([head, message]) => head + message);
    const header = learned((i) => bodies[i % bodies.length] ?? "");
    expect(header.carries).toBe(true);
    expect(bodies.map((body) => body.slice(header.messageStart(body, NOW)))).toEqual(
      lines.map(([, message]) => message),
    );
  });

  test("completes a year from the time that is now", () => {
    const header = learned((i) => `Dec 31 10:30:45 web-1 shop[${i}]: sold`);
    header.messageStart("Dec 31 10:30:45 web-1 shop[7]: sold", NOW);
    expect(header.timeMs).toBe(Date.parse("2023-12-31T10:30:45Z"));
    header.messageStart("Dec 31 10:30:45 web-1 shop[7]: sold", Date.parse("2024-12-31T10:31:00Z"));
    expect(header.timeMs).toBe(Date.parse("2024-12-31T10:30:45Z"));
  });
});

describe("bodies that are messages", () => {
  test("are left alone, also those that look like a header now and then", () => {
    const header = learned((i) => (i % 4 === 0 ? java(i) : `sold ${i}`));
    expect(header.carries).toBe(false);
    expect(header.messageStart(java(1), NOW)).toBe(0);
    expect(header).toMatchObject({ severity: 0, timeMs: Number.NaN });
  });

  test("are looked at again after a while, so that a change is noticed in both directions", () => {
    const header = learned((i) => `sold ${i}`);
    for (let i = 0; i < LOOK_AGAIN_AFTER + LEARN_BODIES; i++) header.messageStart(java(i), NOW);
    expect(header.carries).toBe(true);
    for (let i = 0; i < LOOK_AGAIN_AFTER; i++) header.messageStart(`sold ${i}`, NOW);
    expect(header.carries).toBe(false);
  });
});
