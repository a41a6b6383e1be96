import { pino } from "pino";
import { createClaudeAnalyst, type ClaudeAnalyst, type ClaudeOptions } from "../../src/analysis/claude.ts";
import { FAKE_KEY, type ClaudeFake } from "./claude-fake.ts";
import { TestClock } from "./test-clock.ts";

/** An analyst as the settings make it by default, that asks the fake; no budget, and one call for every alert. */
export function fakeAnalyst(fake: ClaudeFake, change: Partial<ClaudeOptions> = {}): ClaudeAnalyst {
  return testAnalyst({ fetch: fake.fetch, ...change });
}

/** The same for a server that plays the API. */
export function testAnalyst(change: Partial<ClaudeOptions>): ClaudeAnalyst {
  return createClaudeAnalyst({
    apiKey: FAKE_KEY,
    model: "claude-sonnet-5-5",
    effort: "high",
    maxTokens: 8_000,
    clock: new TestClock(),
    log: pino({ enabled: false }),
    ...change,
  });
}
