import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Links } from "../../src/alert/links.ts";
import type { SeriesCounts, TraceSighting } from "../../src/window/delta.ts";
import { keyOf } from "../support/findings.ts";
import { series, T0 } from "../support/log-records.ts";

function counts(service: string, more: Partial<SeriesCounts>): SeriesCounts {
  return { series: series(service), levels: [], templates: [], samples: [], ...more };
}

function sighting(traceId: string, firstMs: number, erred: boolean): TraceSighting {
  return { traceId, firstMs, firstErrorMs: erred ? firstMs : null };
}

function linksOf(
  sightings: readonly (readonly [service: string, traces: readonly TraceSighting[]])[],
): Links {
  const links = new Links();
  for (const [service, traces] of sightings) links.saw(keyOf(service), counts(service, { traces }), T0);
  return links;
}

describe("a trace that two services logged", () => {
  test.for([
    ["erred in both", true, true, true],
    ["erred in one", true, false, true],
    ["erred in none", false, false, false],
  ] as const)("and that %s", ([, here, there, expected]) => {
    const links = linksOf([
      ["shop", [sighting("a", T0, here)]],
      ["cart", [sighting("a", T0 + 5, there)]],
    ]);
    expect(links.sharesFailingTrace(keyOf("shop"), keyOf("cart"))).toBe(expected);
    expect(links.sharesFailingTrace(keyOf("cart"), keyOf("shop"))).toBe(expected);
  });

  test("is forgotten after a quarter of an hour", () => {
    const links = linksOf([
      ["shop", [sighting("a", T0, true)]],
      ["cart", [sighting("a", T0, true)]],
    ]);
    links.expire(T0 + 16 * 60_000);
    expect(links.sharesFailingTrace(keyOf("shop"), keyOf("cart"))).toBe(false);
  });
});

test("who says that it calls another is linked to it, whichever is asked first", () => {
  const links = new Links();
  links.saw(keyOf("shop"), counts("shop", { peers: [["pay", 3]] }), T0);
  expect(links.calls(keyOf("shop"), keyOf("pay"))).toBe(true);
  expect(links.calls(keyOf("pay"), keyOf("shop"))).toBe(true);
  expect(links.calls(keyOf("cart"), keyOf("pay"))).toBe(false);
});

test("who erred first does not depend on the order in which the services are heard", () => {
  const lines = fc.uniqueArray(
    fc.record({ service: fc.constantFrom("shop", "cart", "pay"), trace: fc.constantFrom("a", "b", "c") }),
    { selector: ({ service, trace }) => service + trace, maxLength: 9 },
  );
  const offset: Readonly<Record<string, number>> = { shop: 30, cart: 10, pay: 20 };
  const keys = new Set(["shop", "cart", "pay"].map(keyOf));
  fc.assert(
    fc.property(lines, fc.boolean(), (all, isReversed) => {
      const order = isReversed ? all.toReversed() : all;
      const links = linksOf(
        order.map(({ service, trace }) => [service, [sighting(trace, T0 + (offset[service] ?? 0), true)]]),
      );
      const expected = new Map<string, number>();
      for (const trace of ["a", "b", "c"]) {
        const here = all.filter((line) => line.trace === trace).map(({ service }) => service);
        const [first] = here.toSorted((a, b) => (offset[a] ?? 0) - (offset[b] ?? 0));
        if (first === undefined || here.length < 2) continue;
        expected.set(keyOf(first), (expected.get(keyOf(first)) ?? 0) + 1);
      }
      expect(links.firstErrors(keys)).toEqual(expected);
    }),
  );
});
