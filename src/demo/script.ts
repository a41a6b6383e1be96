import type { AlertView } from "../alert/view.ts";
import type { Clock } from "../clock.ts";
import type { EpochMs } from "../log/time.ts";
import type { RunningShop } from "./shop-sender.ts";
import { DemoScreen, RecentRates, statusLine, type DemoStream } from "./status.ts";
import {
  alertOpened,
  alertResolved,
  BREAK,
  DEMO_WINDOW_MS,
  introduction,
  NEXT_STEPS,
  RECOVERY,
  seconds,
} from "./words.ts";

export interface DemoPorts {
  readonly otlpUrl: string;
  readonly apiUrl: string;
  readonly shop: RunningShop;
  /** The newest alerts, as `/alerts/recent` answers; may reject while the service is busy. */
  alerts(): Promise<readonly AlertView[]>;
  /** Shows the alert in full. Does nothing where the service's own notifier writes to the same terminal. */
  printAlert(alert: AlertView): void;
  readonly clock: Clock;
  readonly stream: DemoStream;
  /** Ends the story early. */
  readonly signal: AbortSignal;
}

const HEALTHY_MS = 28_000;
const LEARNT_MS = DEMO_WINDOW_MS + 2_000;
const MAX_WAIT_FOR_ALERT_MS = 30_000;
/** Long enough for the other services to join, and for the severity to rise. */
const BROKEN_AFTER_ALERT_MS = 9_000;
const MAX_WAIT_FOR_RESOLVE_MS = 60_000;
const POLL_MS = 250;
const STATUS_EVERY_MS = 1_000;

type Ending = { readonly kind: "told" } | { readonly kind: "failed"; readonly why: string };

/** Tells the story and resolves with the exit code: 0 when the alert opened and resolved, 1 otherwise. */
export async function runDemo(ports: DemoPorts): Promise<number> {
  const screen = new DemoScreen(ports.stream);
  const story = new Story(ports, screen);
  const ending = await story.tell();
  await ports.shop.stop();
  if (ending.kind === "told") {
    screen.say(...NEXT_STEPS);
    return 0;
  }
  screen.say(ending.why);
  return 1;
}

/** Waits in small steps while the status line goes on. */
class Story {
  readonly #ports: DemoPorts;
  readonly #screen: DemoScreen;
  readonly #rates = new RecentRates(DEMO_WINDOW_MS);
  readonly #startedMs: EpochMs;
  #statusMs: EpochMs;
  #known: ReadonlySet<string> = new Set();
  #latest: AlertView | null = null;
  #unanswered = 0;

  constructor(ports: DemoPorts, screen: DemoScreen) {
    this.#ports = ports;
    this.#screen = screen;
    this.#startedMs = ports.clock.now();
    this.#statusMs = this.#startedMs;
  }

  async tell(): Promise<Ending> {
    const { shop, otlpUrl, apiUrl } = this.#ports;
    this.#known = new Set((await this.#ask()).map((alert) => alert.anomaly_id));
    this.#screen.say(...introduction(otlpUrl, apiUrl));
    shop.start();
    await this.#until(HEALTHY_MS, () => this.#latest !== null);
    if (this.#latest !== null) return this.#failed("An alert opened although the shop was healthy.");
    if (this.#ports.signal.aborted) return this.#failed("Stopped.");
    const opened = await this.#breakDown();
    if (opened === null)
      return this.#failed(`No alert within ${seconds(MAX_WAIT_FOR_ALERT_MS)} of the break.`);
    return this.#recover();
  }

  async #breakDown(): Promise<AlertView | null> {
    const { shop, clock, apiUrl } = this.#ports;
    this.#screen.say(...BREAK);
    shop.setPhase("broken");
    const brokenMs = clock.now();
    await this.#until(MAX_WAIT_FOR_ALERT_MS, () => this.#latest !== null);
    const alert = this.#latest;
    if (alert === null) return null;
    this.#screen.leaveStatus();
    this.#ports.printAlert(alert);
    this.#screen.say(...alertOpened(alert, clock.now() - brokenMs, apiUrl));
    await this.#until(BROKEN_AFTER_ALERT_MS, () => false);
    return alert;
  }

  async #recover(): Promise<Ending> {
    const { shop, clock } = this.#ports;
    this.#screen.say(...RECOVERY);
    shop.setPhase("recovering");
    await this.#until(MAX_WAIT_FOR_RESOLVE_MS, () => this.#latest?.status === "resolved");
    if (this.#latest?.status !== "resolved") {
      return this.#failed(
        `The alert did not resolve within ${seconds(MAX_WAIT_FOR_RESOLVE_MS)} of the recovery.`,
      );
    }
    this.#screen.say(...alertResolved(this.#latest, clock.now() - this.#startedMs));
    return { kind: "told" };
  }

  /** Until `done`, the stop signal or the time is up. */
  async #until(maxMs: number, done: () => boolean): Promise<void> {
    const { clock, signal } = this.#ports;
    const endMs = clock.now() + maxMs;
    while (!done() && !signal.aborted && clock.now() < endMs) {
      await clock.sleep(Math.min(POLL_MS, endMs - clock.now()), signal);
      await this.#look();
      this.#showStatus();
    }
  }

  async #look(): Promise<void> {
    const own = (await this.#ask()).filter((alert) => !this.#known.has(alert.anomaly_id));
    const followed = own.find((alert) => alert.anomaly_id === this.#latest?.anomaly_id) ?? own.at(-1);
    this.#latest = followed ?? this.#latest;
  }

  async #ask(): Promise<readonly AlertView[]> {
    try {
      const alerts = await this.#ports.alerts();
      this.#unanswered = 0;
      return alerts;
    } catch {
      this.#unanswered++;
      return [];
    }
  }

  #showStatus(): void {
    const nowMs = this.#ports.clock.now();
    if (nowMs - this.#statusMs < STATUS_EVERY_MS) return;
    this.#statusMs += STATUS_EVERY_MS;
    const elapsedMs = nowMs - this.#startedMs;
    this.#rates.add({ atMs: nowMs, ...this.#ports.shop.written() });
    this.#screen.status(statusLine(elapsedMs, this.#rates, this.#state(elapsedMs)));
  }

  #state(elapsedMs: number): string {
    if (this.#latest === null) return elapsedMs < LEARNT_MS ? "learning" : "no alert";
    return `${this.#latest.status} alert, ${this.#latest.severity}`;
  }

  #failed(why: string): Ending {
    if (this.#ports.signal.aborted) return { kind: "failed", why: "Stopped before the end." };
    const silent =
      this.#unanswered > 0
        ? ` The service has left the last ${this.#unanswered} requests without an answer.`
        : "";
    return { kind: "failed", why: `The demo did not go as it should: ${why}${silent}` };
  }
}
