import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";

import { redact } from "../../src/analysis/redact.ts";
import { threadSpawner } from "../../src/app/ingesting.ts";
import { systemClock } from "../../src/clock.ts";
import { WorkerPool } from "../../src/ingest/pool.ts";
import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import type { CountedPane } from "../../src/window/counted.ts";
import { BUDGET_BYTES, threadOptions } from "../support/ingest-threads.ts";
import { attribute, protobufRequest, stringValue } from "../support/otlp-requests.ts";

const BODY_BYTES = 400_000;

test("real threads count what they are given, and a secret has one name in all of them", async () => {
  const cells = ByteBudget.cellsFor(2);
  const budget = new ByteBudget(BUDGET_BYTES, cells);
  const panes: CountedPane[] = [];
  const slots = new Set<number>();
  const pool = new WorkerPool({
    threads: 2,
    spawn: threadSpawner(threadOptions(0, cells)),
    inline: { take: () => Promise.reject(new Error("the body is large")) },
    budget,
    clock: systemClock,
    log: pino({ level: "silent" }),
    counted: (counted, slot) => {
      panes.push(...counted.panes);
      slots.add(slot);
    },
    took: () => {},
  });
  onTestFinished(() => pool.close());
  const bytes = (): Buffer =>
    protobufRequest([
      {
        severityNumber: 17,
        body: stringValue("no mail for ada@example.com"),
        attributes: [attribute("padding", "x".repeat(BODY_BYTES))],
      },
    ]);
  const taken = await Promise.all(
    [1, 2].map(() => pool.take({ encoding: "protobuf", codings: [], bytes: bytes() }, budget.lease())),
  );
  expect(taken.map(({ outcome }) => "accepted" in outcome && outcome.accepted)).toEqual([1, 1]);
  while (panes.length < 2) await pool.collect(systemClock.now());
  const examples = panes.flatMap(({ series }) => series.flatMap(({ samples }) => samples[0]?.examples ?? []));
  expect(examples).toEqual([redact("no mail for ada@example.com"), redact("no mail for ada@example.com")]);
  expect(slots).toEqual(new Set([0, 1]));
  expect(budget.usedBytes).toBe(0);
});
