import { expect, test } from "vitest";
import { blame } from "../../src/alert/blame.ts";
import type { EvidenceItem } from "../../src/alert/recent-evidence.ts";

function item(service: string, template: string, more: Partial<EvidenceItem> = {}): EvidenceItem {
  return {
    kind: "new_error",
    service,
    template,
    count: 20,
    firstSeenAtMs: 1_000,
    severity: 17,
    examples: [],
    ...more,
  };
}

test("blame goes to the service that the others' errors name, however loud they are", () => {
  const [first] = blame([
    item("frontend", "checkout-service answered 503", { count: 900, firstSeenAtMs: 0 }),
    item("checkout-service", "no connection to the ledger", { count: 5 }),
  ]);
  expect(first?.service).toBe("checkout-service");
});

test("a service that was only left by its callers takes none", () => {
  const [first] = blame([
    item("caller", "deadline exceeded calling catalog-service"),
    item("catalog-service", "request cancelled by client", { severity: 13, kind: "new_warning" }),
  ]);
  expect(first?.service).toBe("caller");
});

test("a service that is named but silent takes none", () => {
  expect(blame([item("api", "cannot reach mail-service")]).map(({ service }) => service)).toEqual(["api"]);
});

test("of two that erred within seconds it began with the first: who is called errs before it answers", () => {
  const [first] = blame([
    item("shop-api", "unexpected exception: the server has failed", { count: 1, firstSeenAtMs: 1_040 }),
    item("stock", "exception during message handling", {
      count: 1,
      firstSeenAtMs: 1_000,
      kind: "rare_error",
    }),
  ]);
  expect(first?.service).toBe("stock");
});

test("who errs much later is no echo, and keeps what it is blamed for", () => {
  const [first] = blame([
    item("shop-api", "unexpected exception", { count: 20, firstSeenAtMs: 60_000 }),
    item("stock", "something else", { count: 1, firstSeenAtMs: 0, kind: "rare_error" }),
  ]);
  expect(first?.service).toBe("shop-api");
});
