import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { apiRoutes } from "../../src/api/api.ts";
import { escapeHtml } from "../../src/console/html.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { ApiServer } from "../support/api-server.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await new ApiServer().start();
});
afterEach(async () => {
  await server.stop();
});

test("the page names every endpoint and the recent alerts", async () => {
  const { status, headers, text } = await server.call("GET", "/");
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(text).toContain("anom_20240115_103045");
  expect(text).toContain("2024-01-15T10:30:45Z");
  const missing = apiRoutes(server.deps)
    .filter(({ path }) => path !== "/" && path !== "/healthz")
    .filter(({ method, path }) => !text.includes(`<code>${method.toUpperCase()} ${path}</code>`));
  expect(missing).toStrictEqual([]);
});

test("received text cannot become markup", async () => {
  server.verbs.alerts = [sampleAlert({ description: `<img src=x onerror="alert('1')">&` })];
  const { text } = await server.call("GET", "/");
  expect(text).not.toContain("<img");
  expect(text).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
});

test("the policy allows the page's own style and nothing else", async () => {
  const { headers, text } = await server.call("GET", "/");
  const style = /<style>(.*)<\/style>/s.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(headers["content-security-policy"]).toBe(
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
      `style-src 'sha256-${hash}'`,
  );
});

test("the page says so where there are no alerts, and where the database is gone", async () => {
  server.verbs.alerts = [];
  expect((await server.call("GET", "/")).text).toContain("No alerts yet.");
  server.verbs.down = true;
  expect((await server.call("GET", "/")).text).toContain("The database is out of reach.");
});

test("a name longer than the page has room for is cut", async () => {
  server.verbs.alerts = [sampleAlert({ description: "x".repeat(5_000) })];
  expect((await server.call("GET", "/")).text.length).toBeLessThan(5_000);
});

test("every character with a meaning in HTML is escaped", () => {
  expect(escapeHtml(`<a href="x">'&'</a>`)).toBe("&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
});
