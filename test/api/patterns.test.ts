import { afterEach, expect, test } from "vitest";
import { apiRoutes } from "../../src/api/api.ts";
import { openApiDocument } from "../../src/api/openapi.ts";
import type { PatternSource, ServicePattern } from "../../src/api/ports.ts";
import { ApiServer } from "../support/api-server.ts";

const T0 = Date.parse("2024-01-15T10:30:00Z");

function pattern(id: string, change: Partial<ServicePattern> = {}): ServicePattern {
  return {
    id,
    template: `order <num> ${id}`,
    aliases: [],
    environment: "production",
    namespace: "",
    count: 1,
    perMinute: 0.2,
    levels: [0, 0, 0, 1, 0, 0, 0],
    firstSeenAtMs: T0,
    lastSeenAtMs: T0 + 45_500,
    samples: [`order 7 ${id}`],
    trend: { startMs: T0, stepMs: 10_000, counts: [1, 0, 0] },
    ...change,
  };
}

type Wanted = Parameters<PatternSource["patterns"]>[0];

/** Knows one service. */
class FakePatterns implements PatternSource {
  readonly asked: Wanted[] = [];
  readonly #known: readonly ServicePattern[];

  constructor(known: readonly ServicePattern[]) {
    this.#known = known;
  }

  patterns(wanted: Wanted): readonly ServicePattern[] | null {
    this.asked.push(wanted);
    if (!["cart", "a/b c"].includes(wanted.service)) return null;
    return this.#known.filter(({ environment }) => (wanted.environment ?? environment) === environment);
  }
}

let server: ApiServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

async function get(path: string, known: readonly ServicePattern[] = []) {
  const patterns = new FakePatterns(known);
  await server?.stop();
  server = await new ApiServer({ patterns }).start();
  const answer = await server.call("GET", path);
  return { ...answer, asked: patterns.asked, body: answer.json as { patterns: { id: string }[] } };
}

test("a pattern has template, count, rate, share, levels, times, samples and trend", async () => {
  const known = [pattern("a", { count: 3, aliases: ["old"], levels: [0, 0, 0, 1, 0, 2, 0] }), pattern("b")];
  const { status, json } = await get("/services/cart/patterns", known);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    service: "cart",
    total: 2,
    next_offset: null,
    patterns: [
      {
        id: "a",
        template: "order <num> a",
        aliases: ["old"],
        environment: "production",
        namespace: null,
        count: 3,
        per_minute: 0.2,
        share: 0.75,
        levels: { info: 1, error: 2 },
        first_seen_at: "2024-01-15T10:30:00Z",
        last_seen_at: "2024-01-15T10:30:45.500Z",
        samples: ["order 7 a"],
        trend: { start: "2024-01-15T10:30:00Z", step_seconds: 10, counts: [1, 0, 0] },
      },
      { id: "b", share: 0.25 },
    ],
  });
});

test("what is not known is null or empty, never absent", async () => {
  const nothing = { startMs: null, stepMs: 10_000, counts: [] };
  const unknown = pattern("a", {
    firstSeenAtMs: null,
    lastSeenAtMs: null,
    samples: [],
    trend: nothing,
    count: 0,
  });
  const { json } = await get("/services/cart/patterns", [unknown]);
  expect(json).toMatchObject({
    patterns: [
      { first_seen_at: null, last_seen_at: null, samples: [], share: 0, trend: { start: null, counts: [] } },
    ],
  });
});

test("pages follow each other without gap or overlap, the last says so", async () => {
  const known = Array.from({ length: 120 }, (_, i) => pattern(`p${String(i).padStart(3, "0")}`));
  const first = await get("/services/cart/patterns", known);
  expect(first.json).toMatchObject({ total: 120, next_offset: 50 });
  const second = await get("/services/cart/patterns?offset=50&limit=70", known);
  expect(second.json).toMatchObject({ next_offset: null });
  const ids = [...first.body.patterns, ...second.body.patterns].map(({ id }) => id);
  expect(ids).toEqual(known.map(({ id }) => id));
  const beyond = await get("/services/cart/patterns?offset=500", known);
  expect(beyond.json).toMatchObject({ patterns: [], next_offset: null });
});

test.for<[sort: string, first: string]>([
  ["count", "often"],
  ["rate", "loud"],
  ["last_seen", "late"],
  ["first_seen", "new"],
])("sort=%s puts the right one first", async ([sort, first]) => {
  const known = [
    pattern("often", { count: 9 }),
    pattern("loud", { perMinute: 9 }),
    pattern("late", { lastSeenAtMs: T0 + 90_000 }),
    pattern("new", { firstSeenAtMs: T0 + 30_000 }),
  ];
  expect((await get(`/services/cart/patterns?sort=${sort}`, known)).body.patterns[0]?.id).toBe(first);
});

test("environment and namespace narrow the question, names may hold any character", async () => {
  const known = [pattern("p"), pattern("s", { environment: "staging" })];
  const { json, asked } = await get("/services/a%2Fb%20c/patterns?environment=staging&namespace=shop", known);
  expect(json).toMatchObject({ service: "a/b c", total: 1, patterns: [{ id: "s" }] });
  expect(asked).toEqual([{ service: "a/b c", environment: "staging", namespace: "shop" }]);
});

test.for([
  "limit=0",
  "limit=501",
  "limit=ten",
  "offset=-1",
  "sort=name",
  "limit=1&limit=2",
  "color=red",
  `environment=${"x".repeat(256)}`,
])("%s is answered 400", async (query) => {
  const { status, json } = await get(`/services/cart/patterns?${query}`);
  expect(status).toBe(400);
  expect(json).toMatchObject({ error: { code: "bad_request" } });
});

test("a service that never logged is 404, whatever its name", async () => {
  for (const name of ["nobody", "x".repeat(300), "__proto__", "%00"]) {
    expect((await get(`/services/${name}/patterns`)).status).toBe(404);
  }
});

test("where templates are mined the description has the route, else neither is there", () => {
  const paths = (hasPatterns: boolean): readonly string[] => {
    const { paths } = openApiDocument({ publicUrl: null, version: "1", hasPatterns }) as { paths: object };
    return Object.keys(paths).map((path) => path.replaceAll(/\{(\w+)\}/g, ":$1"));
  };
  const { deps } = new ApiServer();
  const mined = { ...deps, patterns: new FakePatterns([]) };
  const routes = (of: typeof deps): readonly string[] => apiRoutes(of).map(({ path }) => path);
  expect(paths(false)).not.toContain("/services/:service/patterns");
  expect(new Set(paths(false))).toEqual(new Set(routes(deps)));
  expect(new Set(paths(true))).toEqual(new Set(routes(mined)));
});
