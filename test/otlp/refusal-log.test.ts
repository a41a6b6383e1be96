import { pino } from "pino";
import { expect, test } from "vitest";

import { startReceiver } from "../support/otlp-receiver.ts";
import { TestClock } from "../support/test-clock.ts";

test("99 ten thousand bad requests make one log line per ten seconds, which says how many there were, never what", async () => {
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
  const clock = new TestClock();
  const receiver = await startReceiver({ log, clock });
  const request = (connection: string): string =>
    `POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 8\r\nConnection: ${connection}\r\n\r\n"secret"`;
  const send = (times: number): Promise<string> =>
    receiver.raw(`${request("keep-alive").repeat(times - 1)}${request("close")}`);
  await Promise.all(Array.from({ length: 20 }, () => send(500)));
  await clock.advance(10_000);
  await send(1);
  expect(receiver.observations.length).toBe(10_001);
  const entries: unknown[] = lines.map((line) => JSON.parse(line));
  expect(entries).toMatchObject([
    { reason: "undecodable", status: 400, unlogged: 0, client: "127.0.0.1" },
    { reason: "undecodable", status: 400, unlogged: 9_999 },
  ]);
  expect(lines.join("")).not.toContain("secret");
});
