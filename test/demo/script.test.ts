import { describe, expect, test } from "vitest";
import { alertView, type AlertView } from "../../src/alert/view.ts";
import type { Clock } from "../../src/clock.ts";
import { runDemo, type DemoPorts } from "../../src/demo/script.ts";
import type { RunningShop } from "../../src/demo/shop-sender.ts";
import type { ShopPhase } from "../../src/demo/shop.ts";
import { replayAlert } from "../support/replay-engine.ts";

const START = Date.parse("2024-01-15T10:00:00Z");

/** Every sleep passes at once. */
class RushingClock implements Clock {
  nowMs = START;
  now(): number {
    return this.nowMs;
  }
  every(): () => void {
    return () => undefined;
  }
  sleep(delayMs: number): Promise<void> {
    this.nowMs += delayMs;
    return Promise.resolve();
  }
}

class FakeShop implements RunningShop {
  phases: ShopPhase[] = [];
  stopped = false;
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  start(): void {
    this.phases.push("healthy");
  }
  setPhase(phase: ShopPhase): void {
    this.phases.push(phase);
  }
  written(): { lines: number; errors: number } {
    const seconds = (this.#clock.now() - START) / 1_000;
    return { lines: seconds * 60, errors: seconds * 3 };
  }
  stop(): Promise<void> {
    this.stopped = true;
    return Promise.resolve();
  }
}

interface Told {
  readonly code: number;
  readonly text: string;
  readonly shop: FakeShop;
  readonly shown: AlertView[];
  readonly tookMs: number;
}

async function tell(
  alerts: (shop: FakeShop, nowMs: number) => readonly AlertView[],
  change: Partial<DemoPorts> = {},
): Promise<Told> {
  const clock = new RushingClock();
  const shop = new FakeShop(clock);
  const shown: AlertView[] = [];
  let text = "";
  const code = await runDemo({
    otlpUrl: "http://127.0.0.1:4318",
    apiUrl: "http://127.0.0.1:8000",
    shop,
    alerts: async () => alerts(shop, clock.now()),
    printAlert: (alert) => shown.push(alert),
    clock,
    stream: { write: (piece) => (text += piece) },
    signal: new AbortController().signal,
    ...change,
  });
  return { code, text, shop, shown, tookMs: clock.now() - START };
}

function view(status: "open" | "resolved", id = "anom_20240115_100032"): AlertView {
  const openedMs = START + 32_000;
  const resolved = { resolvedAtMs: openedMs + 30_000, resolution: "condition_gone" };
  return alertView(replayAlert(id, openedMs, { status, ...(status === "resolved" ? resolved : {}) }));
}

/** Opens once the shop is broken, resolves once it recovers. */
function asItShould(shop: FakeShop): readonly AlertView[] {
  if (shop.phases.includes("recovering")) return [view("resolved")];
  return shop.phases.includes("broken") ? [view("open")] : [];
}

describe("the story of the demo", () => {
  test("healthy, broken, alert, recovered, resolved: exit code 0 in under two minutes", async () => {
    const { code, text, shop, shown, tookMs } = await tell(asItShould);
    expect(code).toBe(0);
    expect(shop.phases).toEqual(["healthy", "broken", "recovering"]);
    expect(shop.stopped).toBe(true);
    expect(shown.map((alert) => alert.anomaly_id)).toEqual(["anom_20240115_100032"]);
    expect(tookMs).toBeLessThan(120_000);
    for (const part of ["database pool runs dry", "resolved after 30 s: condition gone", "npm start"]) {
      expect(text).toContain(part);
    }
  });

  test("the status tells rate, errors and state each second", async () => {
    const { text } = await tell(asItShould);
    expect(text).toMatch(/^ {2}10 s {4}60 logs\/s {2}errors {3}5\.0 % █{3}·{17} {2}learning$/m);
    expect(text).toMatch(/no alert$/m);
    expect(text).toMatch(/open alert, high$/m);
  });

  test.for<[name: string, alerts: (shop: FakeShop) => readonly AlertView[], why: string]>([
    ["no alert comes", () => [], "No alert within 30 s"],
    ["an alert comes too early", () => [view("open")].slice(0, 1), "although the shop was healthy"],
    [
      "the alert stays open",
      (shop) => (shop.phases.includes("broken") ? [view("open")] : []),
      "did not resolve within 60 s",
    ],
  ])("exit code 1 and the reason when %s", async ([name, alerts, why]) => {
    let calls = 0;
    // The first answer is what stood there before the demo.
    const { code, text, shop } = await tell((running) =>
      calls++ === 0 && name === "an alert comes too early" ? [] : alerts(running),
    );
    expect(code).toBe(1);
    expect(text).toContain(why);
    expect(shop.stopped).toBe(true);
  });

  test("alerts that stood there before are not its own", async () => {
    const old = view("open", "anom_20240114_000000");
    const { code, shown } = await tell((shop) => [...asItShould(shop), old]);
    expect(code).toBe(0);
    expect(shown.map((alert) => alert.anomaly_id)).toEqual(["anom_20240115_100032"]);
  });

  test("a service that does not answer ends in an explanation, never in a throw", async () => {
    const { code, text } = await tell(() => {
      throw new Error("ECONNREFUSED");
    });
    expect(code).toBe(1);
    expect(text).toContain("without an answer");
  });

  test("Ctrl-C ends it early and stops the shop", async () => {
    const { code, shop, text } = await tell(asItShould, { signal: AbortSignal.abort() });
    expect(code).toBe(1);
    expect(shop.stopped).toBe(true);
    expect(text).toContain("Stopped");
  });
});
