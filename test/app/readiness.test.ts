import { expect, test } from "vitest";
import { readinessOf, type ReadinessPorts } from "../../src/app/readiness.ts";

const BACKLOG = { count: 0, failing: false, oldestWaitMs: 0 };

function ports(change: Partial<ReadinessPorts>): ReadinessPorts {
  return {
    ports: { storage: { database: { ping: () => Promise.resolve() } as never, redis: null } },
    desk: { backlog: () => BACKLOG as never },
    notifying: { readiness: () => [] },
    saver: { failing: false },
    templateSaver: { failing: false },
    ...change,
  };
}

async function reasons(change: Partial<ReadinessPorts>): Promise<unknown> {
  const dependencies = await readinessOf(ports(change))();
  expect(dependencies.filter(({ state }) => state === "down")).toEqual([]);
  return dependencies.flatMap(({ name, reason }) => (reason === null || name === "redis" ? [] : [name]));
}

test.for<[string, Partial<ReadinessPorts>, readonly string[]]>([
  ["nothing where all is well", {}, []],
  ["templates that cannot be stored", { templateSaver: { failing: true } }, ["templates"]],
  ["windows and models that cannot be stored", { saver: { failing: true } }, ["state"]],
])("/readyz names %s, and stays ready", async ([, change, names]) => {
  expect(await reasons(change)).toEqual(names);
});
