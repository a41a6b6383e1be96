import { describe, expect, test } from "vitest";
import { TerminalNotifier, type TerminalStream } from "../../src/notify/terminal.ts";
import { OPENED_AT_MS } from "../support/sample-alert.ts";
import { hostileAlert, loneAlert } from "../support/slack-alerts.ts";

class Screen implements TerminalStream {
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.text;
    this.text = "";
    return text;
  }
}

describe("TerminalNotifier", () => {
  test("an alert reads as a whole", async () => {
    const screen = new Screen();
    await new TerminalNotifier(screen).post(loneAlert());
    expect(screen.take()).toBe(`
▲ HIGH error spike  anom_20240115_103045
  Error rate 25.0 % against a baseline of 1.0 %
  production · payment-api · since 2024-01-15T10:30:45Z
  Claude is analysing…
  Likely cause: payment-api began to fail 12 s before the others
  Impact: 25 % of the records of payment-api are errors
  1. Look at the first errors of payment-api
  120 × payment-api: Connection to <*> refused
  Severity high, open
`);
  });

  test("an update prints what is new and nothing else", async () => {
    const screen = new Screen();
    const notifier = new TerminalNotifier(screen);
    const alert = loneAlert();
    await notifier.post(alert);
    screen.take();
    await notifier.update({ ...alert, version: 2 }, {});
    expect(screen.take()).toBe("");
    const analysed = {
      ...alert,
      analysis: { status: "done", by: "claude", model: "m", reason: null },
      rootCause: "A deploy halved the pool",
      impact: null,
      recommendedActions: [],
      confidence: 0.9,
    } as const;
    await notifier.update(analysed, {});
    expect(screen.take()).toBe(
      "▲ anom_20240115_103045\n  Likely cause (high confidence): A deploy halved the pool\n",
    );
    const resolved = { ...analysed, status: "resolved", resolvedAtMs: OPENED_AT_MS + 23 * 60_000 } as const;
    await notifier.update(resolved, {});
    expect(screen.take()).toBe("▲ anom_20240115_103045\n  Resolved after 23 m\n");
  });

  test("what was printed with the alert is not printed again", async () => {
    const screen = new Screen();
    const part = { key: "r1", text: "", broadcast: false, part: "evidence" } as const;
    const outcome = await new TerminalNotifier(screen).reply(loneAlert(), { alert: "x" }, part);
    expect(outcome).toMatchObject({ kind: "delivered" });
    expect(screen.take()).toBe("");
  });

  test("colours only on a terminal", async () => {
    const plain = new Screen();
    const tty = new Screen(true);
    await new TerminalNotifier(plain).post(loneAlert());
    await new TerminalNotifier(tty).post(loneAlert());
    expect(plain.text).not.toContain("\u001b");
    expect(tty.text).toContain("\u001b[31m▲ HIGH");
  });

  test("received text moves no cursor, shows no secret and stays within bounds", async () => {
    const screen = new Screen();
    const notifier = new TerminalNotifier(screen);
    await notifier.post(loneAlert({ rootCause: "\u001b[2J\u0007 password=hunter2hunter2 \u202e end" }));
    expect(screen.text).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}|hunter2/u);
    screen.take();
    await notifier.post(hostileAlert());
    await notifier.reply(
      hostileAlert(),
      {},
      { key: "r1", text: `x\n${"y".repeat(10_000)}`, broadcast: false },
    );
    expect(screen.text.length).toBeLessThan(20_000);
    expect(screen.text).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
  });
});
