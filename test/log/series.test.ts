import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanName, MAX_NAME_LENGTH, seriesKey, seriesOf, serviceOfKey } from "../../src/log/series.ts";

function of(attributes: Readonly<Record<string, string>>, scope = ""): ReturnType<typeof seriesOf> {
  const given = new Map(Object.entries(attributes));
  return seriesOf((key) => given.get(key) ?? "", scope);
}

describe("a series", () => {
  test("is environment, namespace and service", () => {
    expect(
      of({
        "service.name": "cart",
        "service.namespace": "shop",
        "deployment.environment.name": "staging",
      }),
    ).toEqual({ environment: "staging", namespace: "shop", service: "cart" });
  });

  test("is production's unknown_service where nothing is said", () => {
    expect(of({})).toEqual({ environment: "production", namespace: "", service: "unknown_service" });
  });

  test.for<[string, Readonly<Record<string, string>>, string, string]>([
    ["the older environment attribute counts too", { "deployment.environment": "qa" }, "", "qa"],
    [
      "the newer environment attribute wins",
      { "deployment.environment": "old", "deployment.environment.name": "new" },
      "",
      "new",
    ],
  ])("%s", ([, attributes, scope, environment]) => {
    expect(of(attributes, scope).environment).toBe(environment);
  });

  test.for<[string, Readonly<Record<string, string>>, string, string]>([
    ["the name wins", { "service.name": "cart", "k8s.deployment.name": "x" }, "scope", "cart"],
    [
      "an SDK's unknown_service gives way to the deployment",
      { "service.name": "unknown_service:node", "k8s.deployment.name": "cart" },
      "",
      "cart",
    ],
    ["a deployment comes before a pod", { "k8s.pod.name": "p-0", "k8s.deployment.name": "cart" }, "", "cart"],
    ["a stateful set names it", { "k8s.statefulset.name": "db" }, "", "db"],
    ["a daemon set names it", { "k8s.daemonset.name": "agent" }, "", "agent"],
    ["a cron job names it before its job", { "k8s.job.name": "j-1", "k8s.cronjob.name": "j" }, "", "j"],
    ["a container names it", { "k8s.container.name": "cart" }, "", "cart"],
    ["a pod loses its generated ends", { "k8s.pod.name": "cart-7d9f8b6c5-x2x4z" }, "", "cart"],
    ["a daemon set's pod loses its generated end", { "k8s.pod.name": "agent-x2x4z" }, "", "agent"],
    ["a stateful set's pod keeps its number", { "k8s.pod.name": "db-0" }, "", "db-0"],
    ["a pod with an ordinary last word keeps it", { "k8s.pod.name": "log-agent" }, "", "log-agent"],
    ["a plain container names it", { "container.name": "cart", "host.name": "h1" }, "", "cart"],
    ["then the host", { "host.name": "h1" }, "scope", "h1"],
    ["then the scope", {}, "com.acme.Cart", "com.acme.Cart"],
    [
      "an SDK's name stands where nothing else does",
      { "service.name": "unknown_service:node" },
      "",
      "unknown_service:node",
    ],
    ["a blank name is none", { "service.name": "  ", "host.name": "h1" }, "", "h1"],
    ["a name of control characters is none", { "service.name": "\u0000\u001b" }, "", "unknown_service"],
    ["a name that is a word of Object is a name", { "service.name": "__proto__" }, "", "__proto__"],
  ])("%s", ([, attributes, scope, service]) => {
    expect(of(attributes, scope).service).toBe(service);
  });
});

describe("a name as it is kept", () => {
  test("of 10 kB is cut, and two that differ only at the end stay apart", () => {
    const long = "s".repeat(10_000);
    expect(cleanName(long).length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
    expect(cleanName(`${long}a`)).not.toBe(cleanName(`${long}b`));
    expect(cleanName(long)).toBe(cleanName(long));
  });

  test.for<[string, string, string]>([
    ["terminal escapes", "a\u001b[31mb", "a[31mb"],
    ["line breaks", "a\r\nb", "ab"],
    ["line and paragraph separators", "a\u2028b\u2029c", "abc"],
    ["direction overrides", "a\u202eb\u2066c\u200f", "abc"],
    ["zero width characters", "a\u200bb\ufeff", "ab"],
    ["the Arabic letter mark", "a\u061cb", "ab"],
    ["C1 controls", "a\u009bb", "ab"],
    ["the key's separator", "a\u001fb", "ab"],
    ["outer blanks", "  a b ", "a b"],
  ])("loses %s", ([, name, expected]) => {
    expect(cleanName(name)).toBe(expected);
  });

  test("keeps any script", () => {
    expect(cleanName("zahlung-münchen-支払い-🛒")).toBe("zahlung-münchen-支払い-🛒");
  });

  test("is always whole Unicode and short, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 600 }),
        (name) => {
          const kept = cleanName(name);
          expect(kept.isWellFormed()).toBe(true);
          expect(kept.length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
          expect(cleanName(kept)).toBe(kept);
        },
      ),
    );
    expect(cleanName(`x${"🛒".repeat(5_000)}`).isWellFormed()).toBe(true);
    expect(cleanName("🛒".repeat(5_000)).isWellFormed()).toBe(true);
  });
});

describe("a series key", () => {
  test("tells any two different series apart and gives the service back", () => {
    const name = fc.string({ maxLength: 20 }).map(cleanName);
    const some = fc.record({ environment: name, namespace: name, service: name });
    fc.assert(
      fc.property(some, some, (a, b) => {
        const same =
          a.environment === b.environment && a.namespace === b.namespace && a.service === b.service;
        expect(seriesKey(a) === seriesKey(b)).toBe(same);
        expect(serviceOfKey(seriesKey(a))).toBe(a.service);
      }),
    );
  });
});
