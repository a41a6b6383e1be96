import type { Alert } from "../../../src/alert/alert.ts";
import { VirtualEngine } from "../../../src/app/replay-engine.ts";
import { loadConfig } from "../../../src/config.ts";
import type { EpochMs } from "../../../src/log/time.ts";
import { ReplayDriver } from "../../../src/replay/driver.ts";
import type { TimedRecord } from "../../../src/replay/time-order.ts";
import type { Alarm, Point } from "./alarm.ts";
import { PANE_MS } from "./workload/generator.ts";
import type { Delivery } from "./workload/deliveries.ts";

export type Settings = Readonly<Record<string, string>>;

/** Settings that the product does not understand; `problems` are sentences. */
export class BadSettings extends Error {
  override readonly name = "BadSettings";
}

function engineOf(settings: Settings): { engine: VirtualEngine; evaluateEveryMs: number; windowMs: number } {
  const loaded = loadConfig({ env: {}, yamlText: null, overrides: settings });
  if (loaded.kind === "invalid") throw new BadSettings(loaded.problems.join("\n"));
  const { evaluateEveryMs, windowMs } = loaded.config.window;
  return { engine: new VirtualEngine(loaded.config), evaluateEveryMs, windowMs };
}

export function alarmOf(alert: Alert): Alarm {
  const points = alert.anomalies.flatMap(({ service, affectedServices, detectedAtMs }): Point[] => {
    if (service !== null) return [{ service, atMs: detectedAtMs }];
    if (affectedServices.length === 0) return [{ service: null, atMs: detectedAtMs }];
    return affectedServices.map((affected) => ({ service: affected, atMs: detectedAtMs }));
  });
  const ranked = alert.suspects.map(({ service }) => service);
  const { suspectedService } = alert;
  const suspects =
    suspectedService === null
      ? ranked
      : [suspectedService, ...ranked.filter((name) => name !== suspectedService)];
  return {
    openedAtMs: alert.detectedAtMs,
    points,
    suspects,
    category: alert.category,
    severity: alert.severity,
  };
}

function alarmsOf(engine: VirtualEngine): readonly Alarm[] {
  return engine
    .alerts()
    .filter(({ shadow }) => !shadow)
    .map(alarmOf);
}

/** The product's own pipeline and alert life, fed with counts pane by pane on a virtual clock. */
export class ProductOnPanes {
  readonly #engine: VirtualEngine;
  readonly #windowMs: number;

  constructor(settings: Settings) {
    const { engine, windowMs } = engineOf(settings);
    this.#engine = engine;
    this.#windowMs = windowMs;
  }

  /** Takes in what has arrived, then judges as of `nowMs`. */
  async step(deliveries: readonly Delivery[], nowMs: EpochMs): Promise<void> {
    for (const { atMs, delta } of deliveries) this.#engine.applyDelta(delta, Math.min(atMs, nowMs));
    const ticking = this.#engine.tick(nowMs);
    if (ticking !== undefined) await ticking;
  }

  /** The clock runs one window on, as replay's does. */
  async finish(nowMs: EpochMs): Promise<readonly Alarm[]> {
    for (let atMs = nowMs + PANE_MS; atMs <= nowMs + this.#windowMs; atMs += PANE_MS)
      await this.step([], atMs);
    return alarmsOf(this.#engine);
  }
}

/** The same engine behind `tocsin replay`: records in, in the order of their time. */
export class ProductOnRecords {
  readonly #engine: VirtualEngine;
  readonly #driver: ReplayDriver;

  constructor(settings: Settings) {
    const { engine, evaluateEveryMs, windowMs } = engineOf(settings);
    this.#engine = engine;
    this.#driver = new ReplayDriver({ kind: "ready", engine, evaluateEveryMs, windowMs }, () => undefined);
  }

  async feed(records: readonly TimedRecord[]): Promise<void> {
    await this.#driver.feed(records);
  }

  async finish(): Promise<readonly Alarm[]> {
    await this.#driver.finish();
    return alarmsOf(this.#engine);
  }
}
