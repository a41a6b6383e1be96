import { pino } from "pino";
import { expect, test } from "vitest";

import { startReceiver } from "../support/otlp-receiver.ts";
import { TestClock } from "../support/test-clock.ts";

test("99 a thousand bad requests make one log line per ten seconds, which says how many there were, never what", async () => {
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  const clock = new TestClock();
  const receiver = await startReceiver({ log, clock });
  const send = (times: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: times }, () => receiver.post({ type: "application/json", body: '"secret"' })),
    );
  await send(1_000);
  await clock.advance(10_000);
  await send(1);
  const entries: unknown[] = lines.map((line) => JSON.parse(line));
  expect(entries).toMatchObject([
    { reason: "undecodable", status: 400, unlogged: 0, client: "127.0.0.1" },
    { reason: "undecodable", status: 400, unlogged: 999 },
  ]);
  expect(lines.join("")).not.toContain("secret");
});
