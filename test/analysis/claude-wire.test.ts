import { LLMock } from "@copilotkit/aimock";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { GOOD_ANSWER } from "../support/claude-fake.ts";
import { testAnalyst } from "../support/claude-analyst.ts";

/** Somebody else's idea of the API, over real HTTP. */
describe("the analyst over HTTP", () => {
  const mock = new LLMock({ port: 0, logLevel: "silent" });

  beforeAll(async () => {
    await mock.start();
  });
  afterAll(async () => {
    await mock.stop();
  });
  beforeEach(() => {
    mock.reset();
  });

  function analyst(baseUrl = mock.url) {
    return testAnalyst({ baseUrl, clock: systemClock });
  }

  const never = (): AbortSignal => new AbortController().signal;

  test("reads a structured answer", async () => {
    mock.onMessage(/.*/, { content: JSON.stringify(GOOD_ANSWER) });
    expect(await analyst().analyse(sampleAlert(), never())).toMatchObject({
      kind: "done",
      findings: { rootCause: GOOD_ANSWER.root_cause.summary, confidence: 0.7 },
    });
    expect(mock.getRequests()).toHaveLength(1);
  });

  test.for([
    [
      "a cut-off answer",
      { content: JSON.stringify(GOOD_ANSWER), finishReason: "length" },
      "max_tokens",
      false,
    ],
    ["a refusal", { content: "no", finishReason: "refusal" }, "refusal:unspecified", false],
    ["prose", { content: "The database is down." }, "unreadable_answer", false],
    [
      "an overload",
      { error: { message: "busy", type: "overloaded_error" }, status: 529 },
      "overloaded",
      true,
    ],
    [
      "a wrong request",
      { error: { message: "no", type: "invalid_request_error" }, status: 400 },
      "bad_request",
      false,
    ],
    [
      "a wrong key",
      { error: { message: "no", type: "authentication_error" }, status: 401 },
      "invalid_key",
      false,
    ],
    ["a limit", { error: { message: "slow", type: "rate_limit_error" }, status: 429 }, "rate_limited", true],
  ] as const)("classifies %s", async ([, response, reason, retryable]) => {
    mock.onMessage(/.*/, response);
    expect(await analyst().analyse(sampleAlert(), never())).toMatchObject({
      kind: "failed",
      reason,
      retryable,
    });
    // A cut-off answer is asked for once more.
    expect(mock.getRequests()).toHaveLength(reason === "max_tokens" ? 2 : 1);
  });

  test("calls a closed port the network", async () => {
    expect(await analyst("http://127.0.0.1:9").analyse(sampleAlert(), never())).toMatchObject({
      reason: "network",
      retryable: true,
    });
  });
});
