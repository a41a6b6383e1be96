import type { RequestHandler } from "express";
import type { Clock } from "../clock.ts";
import { formatTime } from "../log/time.ts";
import { withinMs } from "./deadline.ts";
import { RETRY_AFTER_S } from "./failure.ts";
import type { Metrics } from "./metrics.ts";
import type { Dependency } from "./ports.ts";
import type { Route } from "./route.ts";

export interface HealthPorts {
  readonly clock: Clock;
  readonly version: string;
  readonly metrics: Metrics;
  /** Every dependency with its state now. */
  readonly readiness: () => Promise<readonly Dependency[]>;
}

/** A probe gives up after about this long by itself. */
const MAX_READY_MS = 2_000;
/** Being alive must not depend on how long a broken dependency takes to say so. */
const MAX_ALIVE_MS = 250;

const UNKNOWN: readonly Dependency[] = [{ name: "tocsin", state: "down", reason: "no_answer" }];

function byName(dependencies: readonly Dependency[]): Record<string, unknown> {
  return Object.fromEntries(dependencies.map(({ name, state, reason }) => [name, { state, reason }]));
}

/** Alive is whoever answers: a database that is gone is no reason to restart us. */
function health({ clock, version, readiness }: HealthPorts, startedAtMs: number): RequestHandler {
  return async (_req, res) => {
    const dependencies = (await withinMs(clock, MAX_ALIVE_MS, readiness)) ?? UNKNOWN;
    const uptimeMs = Math.max(0, clock.now() - startedAtMs);
    res.json({
      status: "ok",
      version,
      started_at: formatTime(startedAtMs),
      uptime_seconds: Math.floor(uptimeMs / 1_000),
      dependencies: byName(dependencies),
    });
  };
}

function readyz({ clock, readiness }: HealthPorts): RequestHandler {
  return async (_req, res) => {
    const dependencies = (await withinMs(clock, MAX_READY_MS, readiness)) ?? UNKNOWN;
    const ready = dependencies.every(({ state }) => state !== "down");
    if (!ready) res.set("Retry-After", String(RETRY_AFTER_S));
    res
      .status(ready ? 200 : 503)
      .json({ status: ready ? "ready" : "not_ready", dependencies: byName(dependencies) });
  };
}

function metricsText(metrics: Metrics): RequestHandler {
  return async (_req, res) => {
    const text = await metrics.text();
    res.set("Content-Type", metrics.contentType).send(text);
  };
}

export function healthRoutes(ports: HealthPorts): readonly Route[] {
  const open = (path: string, handler: RequestHandler): Route => ({
    method: "get",
    path,
    access: "open",
    handlers: [handler],
  });
  const alive = health(ports, ports.clock.now());
  return [
    open("/health", alive),
    open("/healthz", alive),
    open("/readyz", readyz(ports)),
    open("/metrics", metricsText(ports.metrics)),
  ];
}
