import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Evidence } from "../../src/alert/alert.ts";
import { sealed } from "../../src/analysis/claude-request.ts";
import { estimateTokens, evidencePack, MAX_PACK_BYTES, packJson } from "../../src/analysis/pack.ts";
import { redact } from "../../src/analysis/redact.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";

function evidence(i: number, text: string): Evidence {
  return {
    id: `E${i}`,
    kind: "new_error",
    service: `service-${i}`,
    template: text,
    count: i,
    firstSeenAtMs: OPENED_AT_MS - 1_000 * i,
    examples: [text, text, text],
  };
}

function alertWith(text: string, items = 20) {
  return sampleAlert({
    description: text,
    affectedServices: Array.from({ length: 100 }, (_, i) => `${text.slice(0, 20)}-${i}`),
    suspects: Array.from({ length: 9 }, (_, i) => ({ service: `s${i}`, score: 0.1, because: [text] })),
    anomalies: Array.from({ length: 30 }, () => sampleAnomaly({ pattern: text, service: text })),
    evidence: Array.from({ length: items }, (_, i) => evidence(i + 1, text)),
  });
}

describe("evidencePack", () => {
  test("holds the numbers of the alert and is marked untrusted", () => {
    const pack = evidencePack(sampleAlert());
    expect(pack.trust).toMatch(/^untrusted/);
    expect(pack.metrics.error_rate).toBe(0.15);
    expect(pack.anomalies[0]).toMatchObject({ observed: 0.15, expected: 0.01, multiplier: 15 });
    expect(pack.evidence[0]).toMatchObject({ id: "E1", count: 12, seconds_before_detection: 60 });
    expect(pack.coverage).toMatchObject({ evidence_items: 1, evidence_shown: 1, examples_shown: 1 });
    expect(pack.statistical_finding).toContain("payment-api");
  });

  test.for([
    ["short", "Connection refused"],
    ["long", "x".repeat(100_000)],
    ["wide", "接続が拒否されました".repeat(5_000)],
    ["quoted", '"\\'.repeat(5_000)],
    ["many lines of", "at foo()\n".repeat(5_000)],
    ["invisible", "\u200b\u202e".repeat(5_000)],
    ["emoji", "🔥".repeat(5_000)],
  ] as const)("stays within its budget for %s text", ([, text]) => {
    const json = packJson(evidencePack(alertWith(text)));
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_PACK_BYTES);
    expect(redact(json)).toBe(json);
    expect(JSON.parse(json)).toHaveProperty("trust");
  });

  test("leaves out examples first and then the last items, and says so", () => {
    const text = "word ".repeat(78);
    const small = evidencePack(alertWith(text, 12));
    expect(small.coverage).toMatchObject({ evidence_shown: 12 });
    const smaller = evidencePack(alertWith(text, 20), { maxBytes: 10_000 });
    expect(smaller.coverage).toMatchObject({ evidence_items: 20 });
    expect(smaller.coverage.evidence_shown).toBeLessThan(20);
    // The loudest of them, which is also the earliest.
    expect(smaller.evidence[0]?.id).toBe("E20");
  });

  test("holds no line of any log where only templates may be sent", () => {
    const alert = alertWith("the very line", 3);
    const pack = evidencePack(alert, { templatesOnly: true });
    expect(pack.evidence.flatMap(({ examples }) => examples)).toEqual([]);
  });

  test("gives every kind a place before any has two more than its turn", () => {
    const noise = Array.from({ length: 30 }, (_, i) =>
      sampleEvidence({ id: `E${i + 1}`, kind: "error", template: `noise ${i}` }),
    );
    const change = sampleEvidence({ id: "E31", kind: "change", template: "deploy 7" });
    const pack = evidencePack(sampleAlert({ evidence: [...noise, change] }), { maxBytes: 6_000 });
    expect(pack.evidence.map(({ kind }) => kind)).toContain("change");
  });

  test("counts tokens with the least favourable rate", () => {
    expect(estimateTokens("x".repeat(13))).toBe(10);
    expect(estimateTokens("é")).toBe(2);
  });
});

describe("sealed", () => {
  test("changes nothing about data that was redacted", () => {
    const pack = evidencePack(sampleAlert());
    expect(sealed(pack)).toEqual({ json: packJson(pack), caught: 0 });
  });

  test("redacts what got past the first time, and counts it", () => {
    const pack = { ...evidencePack(sampleAlert()), statistical_finding: "mail bob@example.com" };
    const data = sealed(pack);
    expect(data?.caught).toBe(1);
    expect(data?.json).not.toContain("bob@");
    expect(JSON.parse(data?.json ?? "")).toHaveProperty("evidence");
  });

  test("drops all log text where the redacted data is no longer JSON", () => {
    const pack = evidencePack(sampleAlert());
    const [suspect] = sampleAlert().suspects.map((found) => ({ ...found, password: 123_456 }));
    const data = sealed({ ...pack, suspects: suspect === undefined ? [] : [suspect] });
    expect(data?.caught).toBe(1);
    const sent: unknown = JSON.parse(data?.json ?? "");
    expect(sent).toMatchObject({ evidence: [{ id: "E1", template: null, examples: [] }] });
  });

  test("gives nothing to send where a secret would stay even so", () => {
    const pack = evidencePack(sampleAlert());
    const alert = { ...pack.alert, password: 123_456 };
    expect(sealed({ ...pack, alert })).toBeNull();
  });

  test("finds nothing more in any pack, whatever the alert holds", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "password=",
        "token: ",
        '"',
        "'",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\n",
        " ",
        "hunter2",
        "a@b.example",
      ),
      fc.constantFrom(
        "Cookie: a=b",
        "Authorization: Bearer x1x1x1x1",
        "://u:p@",
        "-----BEGIN PRIVATE KEY-----",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const pack = evidencePack(alertWith(pieces.join(""), 2));
        const data = sealed(pack);
        expect(data).not.toBeNull();
        expect(() => JSON.parse(data?.json ?? "")).not.toThrow();
      }),
      { numRuns: 40 },
    );
  });
});
