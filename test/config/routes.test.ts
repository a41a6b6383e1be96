import { describe, expect, test } from "vitest";
import { destinationOf, globMatches } from "../../src/alert/route.ts";
import { loadConfig, type ConfigOutcome } from "../../src/config.ts";
import { sampleAlert } from "../support/sample-alert.ts";

const FILE = `
webhooks:
  - { name: ops, url: "https://ops.example.com/alerts", secret: "0123456789abcdef" }
routes:
  - { service: "payment-*", severity: [high, critical], channel: "#payments", mention: S0123456789 }
  - { environment: staging, channel: "#staging", webhook: ops }
`;

function load(yamlText: string | null, env: Readonly<Record<string, string>> = {}): ConfigOutcome {
  return loadConfig({ env, yamlText });
}

describe("routes", () => {
  test("are a list in the file, or JSON in the environment", () => {
    const outcome = load(FILE);
    if (outcome.kind !== "ok") throw new Error(outcome.problems.join());
    const { routes, webhooks } = outcome.config.alerts;
    expect(routes).toMatchObject([
      { name: "route 1", services: ["payment-*"], severities: ["high", "critical"], channel: "#payments" },
      { environments: ["staging"], webhooks: ["ops"] },
    ]);
    expect(webhooks[0]?.secret.reveal()).toBe("0123456789abcdef");
    expect(JSON.stringify(outcome.config)).not.toContain("0123456789abcdef");
    const given = load(null, { TOCSIN_ROUTES: '[{"category":"error_spike","channel":"C012345"}]' });
    expect(given).toMatchObject({ kind: "ok", config: { alerts: { routes: [{ channel: "C012345" }] } } });
  });

  test.for<[string, Readonly<Record<string, string>>, RegExp]>([
    ["no JSON", { TOCSIN_ROUTES: "payments" }, /TOCSIN_ROUTES must be a JSON list of routes/],
    ["an unknown field", { TOCSIN_ROUTES: '[{"team":"x"}]' }, /route 1: .*team/],
    ["a severity that is none", { TOCSIN_ROUTES: '[{},{"severity":"bad"}]' }, /route 2: severity/],
    [
      "a channel that is none",
      { TOCSIN_ROUTES: '[{"channel":"#a b"}]' },
      /route 1: channel: must be a channel/,
    ],
    ["a mention that is none", { TOCSIN_ROUTES: '[{"mention":"everyone"}]' }, /route 1: mention: must be/],
    ["a webhook that is not there", { TOCSIN_ROUTES: '[{"webhook":"ops"}]' }, /no webhook .* called ops/],
    [
      "a short secret",
      { TOCSIN_WEBHOOKS: '[{"name":"a","url":"https://a","secret":"hush"}]' },
      /16 characters/,
    ],
    [
      "an address that is none",
      { TOCSIN_WEBHOOKS: '[{"name":"a","url":"ftp://a","secret":"0123456789abcdef"}]' },
      /address/,
    ],
  ])("%s is told by the entry and the field", ([, env, complaint]) => {
    const outcome = load(null, env);
    expect(outcome).toMatchObject({ kind: "invalid", problems: [expect.stringMatching(complaint)] });
    expect(JSON.stringify(outcome)).not.toContain("hush");
  });

  test("the first that matches decides; what none matches goes to the default", () => {
    const outcome = load(FILE);
    if (outcome.kind !== "ok") throw new Error("invalid");
    const { routes } = outcome.config.alerts;
    const to = (change: object): string | null => destinationOf(sampleAlert(change), routes).channel;
    expect(to({})).toBe("#payments");
    expect(to({ severity: "low" })).toBeNull();
    expect(to({ environment: "staging", severity: "low" })).toBe("#staging");
    expect(to({ suspectedService: "cart", affectedServices: ["payment-api", "cart"] })).toBeNull();
    expect(to({ suspectedService: null, affectedServices: ["cart", "payment-api"] })).toBe("#payments");
  });

  test.for<[string, string, boolean]>([
    ["*", "", true],
    ["payment-*", "payment-api", true],
    ["payment-*", "payments", false],
    ["*-api", "payment-api", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["a.c", "abc", false],
  ])("%s and %s: %s", ([glob, name, matches]) => {
    expect(globMatches(glob, name)).toBe(matches);
  });
});
