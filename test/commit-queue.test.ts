import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { AlertCommit } from "../src/alert/repository.ts";
import { CommitQueue, MAX_QUEUED_COMMITS, type StoreOutcome } from "../src/commit-queue.ts";
import { Away, FlakyAlerts } from "./support/flaky-alerts.ts";
import { OPENED_AT_MS, sampleAlert, sampleEvent } from "./support/sample-alert.ts";
import { settle, TestClock } from "./support/test-clock.ts";

const BACKOFF_MS = 1_000;

function opening(id: string): AlertCommit {
  const alert = sampleAlert({ id, version: 1 });
  return {
    alert,
    expectedVersion: 0,
    events: [sampleEvent({ type: "opened", alert: { ...alert, version: 0 } })],
    deliveries: [],
    claims: [],
    nowMs: OPENED_AT_MS,
  };
}

function acknowledging(id: string): AlertCommit {
  return {
    ...opening(id),
    alert: sampleAlert({ id, version: 2 }),
    expectedVersion: 1,
    events: [sampleEvent({ type: "acknowledged" })],
  };
}

class Queueing {
  readonly clock = new TestClock();
  readonly repository = new FlakyAlerts();
  readonly lines: string[] = [];
  readonly committed: string[] = [];
  answer: (commit: AlertCommit, outcome: StoreOutcome) => AlertCommit | null = () => null;
  readonly queue = new CommitQueue(
    {
      repository: this.repository,
      clock: this.clock,
      log: pino({ base: null, timestamp: false }, { write: (line) => void this.lines.push(line) }),
      backoffMs: (attempt) => BACKOFF_MS * attempt,
      isUnavailable: (error) => error instanceof Away,
      committed: (commit) => void this.committed.push(commit.alert.id),
    },
    (commit, outcome) => this.answer(commit, outcome),
  );
}

describe("storing alert changes", () => {
  test("goes one after the other in the order they were decided", async () => {
    const { queue, repository, committed } = new Queueing();
    const outcomes = ["a", "b", "c"].map((id) => queue.push(opening(id)));
    expect(await Promise.all(outcomes)).toEqual([
      { kind: "committed" },
      { kind: "committed" },
      { kind: "committed" },
    ]);
    expect(repository.written).toEqual(["a opened", "b opened", "c opened"]);
    expect(committed).toEqual(["a", "b", "c"]);
  });

  test("counts a write that is under way as waiting, until it is stored", async () => {
    const { queue } = new Queueing();
    void queue.push(opening("a"));
    expect(queue.backlog()).toEqual({ count: 1, failing: false });
    await queue.settled();
    expect(queue.backlog()).toEqual({ count: 0, failing: false });
  });

  test("hands every outcome to its owner before the next is taken, and stores what that gives instead", async () => {
    const queueing = new Queueing();
    const { queue, repository } = queueing;
    await repository.stored.commit(opening("a"));
    queueing.answer = (commit, outcome) => {
      if (outcome.kind !== "id_taken") return null;
      queue.rewrite("a", ({ alert, ...rest }) => ({ ...rest, alert: { ...alert, id: "a_2" } }));
      return { ...commit, alert: { ...commit.alert, id: "a_2" } };
    };
    await Promise.all([queue.push(opening("a")), queue.push(acknowledging("a"))]);
    expect(repository.written).toEqual(["a_2 opened", "a_2 acknowledged"]);
  });

  test("that the database refuses for good is dropped, said so, and holds nothing up", async () => {
    const { queue, repository, lines } = new Queueing();
    repository.state = "refusing";
    expect(await queue.push(opening("a"))).toEqual({ kind: "dropped" });
    repository.state = "up";
    expect(await queue.push(opening("b"))).toEqual({ kind: "committed" });
    expect(lines.join("")).toContain("could not be stored");
  });
});

describe("while the database is away", () => {
  test("changes wait in order, and are stored by themselves when it is back", async () => {
    const { queue, repository, clock, lines } = new Queueing();
    repository.state = "away";
    const outcomes = Promise.all([queue.push(opening("a")), queue.push(opening("b"))]);
    await settle();
    expect(queue.backlog()).toEqual({ count: 2, failing: true });
    await clock.advance(BACKOFF_MS * 3);
    expect(repository.written).toEqual([]);
    repository.state = "up";
    await clock.advance(BACKOFF_MS * 10);
    expect(await outcomes).toEqual([{ kind: "committed" }, { kind: "committed" }]);
    expect(repository.written).toEqual(["a opened", "b opened"]);
    expect(queue.backlog()).toEqual({ count: 0, failing: false });
    // Said once when it goes and once when it comes back.
    expect(lines.map((line) => /database (?:out of reach|is back)/.exec(line)?.[0])).toEqual([
      "database out of reach",
      "database is back",
    ]);
  });

  test("its log lines hold no text of an alert", async () => {
    const { queue, repository, lines } = new Queueing();
    repository.state = "refusing";
    await queue.push(opening("a"));
    expect(lines.join("")).not.toContain("payment-api");
    expect(lines.join("")).not.toContain("refused");
  });

  test("a change whose answer was lost on the way is stored once", async () => {
    const { queue, repository, clock } = new Queueing();
    repository.state = "answers_lost";
    const opened = queue.push(opening("a"));
    await settle();
    repository.state = "up";
    await clock.advance(BACKOFF_MS * 3);
    expect(await opened).toEqual({ kind: "committed" });
    expect(repository.written).toEqual(["a opened"]);
  });

  test("a waiting change can be taken out; who waits for it hears why", async () => {
    const { queue, repository, clock } = new Queueing();
    repository.state = "away";
    const [a, b] = [queue.push(opening("a")), queue.push(opening("b"))];
    await settle();
    queue.drop(["a"], { kind: "id_taken" });
    expect(await a).toEqual({ kind: "id_taken" });
    repository.state = "up";
    await clock.advance(BACKOFF_MS);
    expect(await b).toEqual({ kind: "committed" });
  });

  test("with an alert's change goes every one that was built on it, and no other", async () => {
    const { queue, repository, clock } = new Queueing();
    repository.state = "away";
    const head = queue.push(opening("x"));
    const [a, b] = [queue.push(opening("a")), queue.push(opening("b"))];
    const both = queue.push({ ...acknowledging("a"), joint: acknowledging("b") });
    const onBoth = queue.push({
      ...acknowledging("b"),
      expectedVersion: 2,
      alert: sampleAlert({ id: "b", version: 3 }),
    });
    await settle();
    const lost = queue.drop(["a"], { kind: "id_taken" });
    expect([...lost].map(([id, alert]) => [id, alert?.version ?? null])).toEqual([
      ["a", null],
      ["b", 1],
    ]);
    expect(await Promise.all([a, both, onBoth])).toEqual(Array(3).fill({ kind: "id_taken" }));
    repository.state = "up";
    await clock.advance(BACKOFF_MS);
    expect(await Promise.all([head, b])).toEqual(Array(2).fill({ kind: "committed" }));
    expect(repository.written).toEqual(["x opened", "b opened"]);
  });

  test("the queue says when it is full", async () => {
    const { queue, repository } = new Queueing();
    repository.state = "away";
    for (let i = 0; i <= MAX_QUEUED_COMMITS; i++) void queue.push(opening("a"));
    expect(queue.full).toBe(true);
    await settle();
    expect(queue.full).toBe(true);
  });
});

describe("stopping", () => {
  test("stores what waits first", async () => {
    const { queue, repository } = new Queueing();
    void queue.push(opening("a"));
    void queue.push(opening("b"));
    await queue.stop(5_000);
    expect(repository.written).toEqual(["a opened", "b opened"]);
  });

  test.for(["away", "hanging"] as const)("with the database %s ends after the grace time", async (state) => {
    const { queue, repository, clock } = new Queueing();
    repository.state = state;
    void queue.push(opening("a"));
    const second = queue.push(opening("b"));
    let stopped = false;
    const stopping = queue.stop(5_000).then(() => (stopped = true));
    await clock.advance(4_999);
    expect(stopped).toBe(false);
    await clock.advance(1);
    await stopping;
    expect(await second).toEqual({ kind: "dropped" });
    expect(clock.pending).toBe(0);
  });

  test("refuses what comes afterwards, and nothing hangs", async () => {
    const { queue, repository } = new Queueing();
    await queue.stop(5_000);
    expect(await queue.push(opening("a"))).toEqual({ kind: "dropped" });
    await queue.settled();
    expect(repository.written).toEqual([]);
  });
});
