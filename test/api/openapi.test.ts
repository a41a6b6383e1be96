import { afterEach, beforeEach, expect, test } from "vitest";
import { apiRoutes } from "../../src/api/api.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import type { Description } from "../support/api-openapi.ts";
import { ApiServer } from "../support/api-server.ts";

let server: ApiServer;
beforeEach(async () => {
  server = await new ApiServer().start();
});
afterEach(async () => {
  await server.stop();
});

async function description(): Promise<Description> {
  return (await server.call("GET", "/openapi.json")).json as Description;
}

test("every route is described, and nothing else is", async () => {
  const { paths } = await description();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const routes = apiRoutes(server.deps).map(
    ({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`,
  );
  expect(described.toSorted()).toStrictEqual(routes.toSorted());
});

test("every reference leads somewhere, and no schema carries an address of its own", async () => {
  const document = await description();
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((match) => match[1]);
  expect(names.length).toBeGreaterThan(10);
  const known = Object.keys(document.components.schemas);
  expect(names.filter((name) => !known.includes(name ?? ""))).toStrictEqual([]);
  expect(text).not.toMatch(/"\$id"|"\$schema"/);
});

test("the description is OpenAPI 3.1 and names the public address", () => {
  const document = openApiDocument({ publicUrl: "https://tocsin.example.com", version: "1.2.3" });
  expect(document).toMatchObject({
    openapi: "3.1.0",
    info: { title: "Tocsin", version: "1.2.3" },
    servers: [{ url: "https://tocsin.example.com" }],
  });
});
