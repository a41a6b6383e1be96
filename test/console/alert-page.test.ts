import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chartSvg } from "../../src/console/chart-svg.ts";
import { renderAlert } from "../../src/console/alert-page.ts";
import { ApiServer } from "../support/api-server.ts";
import {
  ALICE,
  OPENED_AT_MS,
  sampleAlert,
  sampleAnomaly,
  sampleEvent,
  sampleEvidence,
} from "../support/sample-alert.ts";

const BROWSER = { headers: { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" } };
const PATH = "/alerts/anom_20240115_103045";

describe("an alert's address", () => {
  let server: ApiServer;
  beforeEach(async () => {
    server = await new ApiServer().start();
  });
  afterEach(async () => {
    await server.stop();
  });

  test("shows a page to a browser", async () => {
    const { status, headers, text } = await server.call("GET", PATH, BROWSER);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(text).toContain("Error rate 15.0 % against a baseline of 1.0 %");
  });

  test.for(["*/*", "application/json", "application/json, text/html", ""])(
    "gives JSON to a program that accepts %o",
    async (accept) => {
      const { headers, json } = await server.call("GET", PATH, { headers: accept === "" ? {} : { accept } });
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(headers["vary"]).toContain("Accept");
      expect(json).toMatchObject({ anomaly_id: "anom_20240115_103045" });
    },
  );

  test("says what it says to programs where there is nothing to show", async () => {
    expect((await server.call("GET", "/alerts/anom_none", BROWSER)).status).toBe(404);
    expect((await server.call("GET", "/alerts/recent", BROWSER)).json).toMatchObject({ alerts: [{}] });
    server.verbs.down = true;
    expect((await server.call("GET", PATH, BROWSER)).status).toBe(503);
  });
});

describe("the page of an alert", () => {
  test("tells what, since when, against what, why, and what has happened to it", () => {
    const alert = sampleAlert({
      anomalies: [
        sampleAnomaly({
          onsetMs: OPENED_AT_MS - 120_000,
          range: [0, 0.02],
          windowMs: 300_000,
          score: 2.5,
          detector: "error_share",
        }),
      ],
      notes: [{ atMs: OPENED_AT_MS, by: "bob", text: "looking" }],
      acknowledgedBy: "alice",
    });
    const page = renderAlert(alert, [sampleEvent({ type: "acknowledged" }, ALICE)]);
    for (const shown of [
      "2024-01-15T10:28:45Z",
      "15.0 % against 1.0 % (0.0 % to 2.0 %) in 5 m",
      "error share, 2.5 × its threshold",
      "first error 12 s before the others",
      "The database refuses connections.",
      "Connection to db-1 refused",
      "Check the connection pool of payment-api.",
      "bob: looking",
      "<td>acknowledged</td><td>alice</td>",
    ]) {
      expect(page).toContain(shown);
    }
  });

  test("lets no received text become markup, wherever it stands", () => {
    const evil = `<script>alert("x")</script>`;
    const alert = sampleAlert({
      description: evil,
      affectedServices: [evil],
      suspects: [{ service: evil, score: 1, because: [evil] }],
      anomalies: [sampleAnomaly({ description: evil })],
      evidence: [sampleEvidence({ service: evil, template: evil, examples: [evil], note: evil })],
      notes: [{ atMs: 0, by: evil, text: evil }],
      rootCause: evil,
      impact: evil,
      recommendedActions: [evil],
      acknowledgedBy: evil,
      assignee: evil,
      environment: evil,
      resolution: evil,
      status: "resolved",
    });
    const page = renderAlert(alert, [sampleEvent({ type: "noted", text: evil }, { ...ALICE, name: evil })]);
    expect(page).not.toContain("<script");
    expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(12);
  });

  test("stays within bounds for an alert with very much to it", () => {
    const alert = sampleAlert({
      description: "x".repeat(100_000),
      evidence: Array.from({ length: 500 }, (_, i) =>
        sampleEvidence({ id: `E${i}`, examples: ["y".repeat(100_000)] }),
      ),
    });
    const page = renderAlert(
      alert,
      Array.from({ length: 5_000 }, () => sampleEvent({ type: "acknowledged" })),
    );
    expect(page.length).toBeLessThan(200_000);
    expect(page).toContain("… and 440 more");
  });

  test("says so where the trail cannot be read", () => {
    expect(renderAlert(sampleAlert(), "unavailable")).toContain("The database is out of reach.");
  });
});

describe("the curve", () => {
  const chart = { unit: "records", startMs: OPENED_AT_MS, stepMs: 30_000 } as const;

  test("is drawn with its gaps and what was expected", () => {
    const svg = chartSvg({ ...chart, values: [1, 2, null, 4, 8], expected: 2 });
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain("dashed: expected 2");
    expect(svg).toContain("records, up to 8");
  });

  test.for([[[]], [[5]], [[0, 0]], [[Number.NaN, Number.NaN, 1]], [[Number.POSITIVE_INFINITY, 1]]])(
    "is left out where there is nothing to draw: %o",
    ([values]) => {
      expect(chartSvg({ ...chart, values: values ?? [], expected: null })).toBe("");
    },
  );
});
