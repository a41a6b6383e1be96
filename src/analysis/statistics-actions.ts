import type { Alert, Evidence } from "../alert/alert.ts";
import { list } from "../anomaly/words.ts";
import { formatTime, SECOND_MS } from "../log/time.ts";
import type { EpochMs } from "../log/time.ts";

type ActionView = Pick<
  Alert,
  "category" | "affectedServices" | "suspectedService" | "evidence" | "window" | "environment"
>;

function before(timeMs: EpochMs): string {
  if (!Number.isFinite(timeMs)) return "";
  return ` shortly before ${formatTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS)}`;
}

function errorActions(alert: ActionView, lead: Evidence | null): string[] {
  const service = alert.suspectedService ?? lead?.service ?? alert.affectedServices[0] ?? null;
  const since = before(lead?.firstSeenAtMs ?? alert.window.startMs);
  const where = service ?? `the services of ${alert.environment}`;
  const actions = [
    lead === null
      ? `Read the errors of ${where} from the start of the window on.`
      : `Read the first errors of ${lead.service} in ${lead.id} and what comes directly before them.`,
    `Check what changed in ${where}${since}: deployments, configuration, feature flags, certificates.`,
    `Check what ${where} depends on: databases, queues, other services.`,
  ];
  const others = alert.affectedServices.filter((name) => name !== service);
  if (service !== null && others.length > 0) {
    actions.push(
      `See whether ${list(others)} recover together with ${service}; what does not has a cause of its own.`,
    );
  }
  return actions;
}

function volumeActions(alert: ActionView): string[] {
  const [service = `the services of ${alert.environment}`] = alert.affectedServices;
  return [
    `Check the load on ${service}: more requests, retries, a job, a loop that logs.`,
    `Check whether the log level of ${service} was changed${before(alert.window.startMs)}.`,
    "Check that the log pipeline and its disks keep up with the volume.",
  ];
}

function changeActions(alert: ActionView): string[] {
  const named = (kind: string): string[] => [
    ...new Set(alert.evidence.filter((item) => item.kind === kind).map(({ service }) => service)),
  ];
  const missing = named("service_missing");
  const appeared = named("service_appeared");
  const actions: string[] = [];
  if (missing.length > 0) {
    actions.push(
      `Check whether ${list(missing)} still run: deployments, restarts, scaling.`,
      `If they run, check that their logs still reach the collector and keep their service.name.`,
    );
  }
  if (appeared.length > 0) {
    actions.push(
      `Check that ${list(appeared)} were meant to start, and are not known services under another name.`,
    );
  }
  if (actions.length === 0) actions.push("Compare the services that log now with those that should.");
  actions.push("If the change was planned, nothing is left to do: it is taken as normal after a while.");
  return actions;
}

const CHANGES: ReadonlySet<Alert["category"]> = new Set([
  "service_change",
  "service_appeared",
  "service_missing",
  "silence",
  "volume_drop",
]);

/** Two to four things to do that fit the category; they name only services and times that the alert holds. */
export function recommendedActions(alert: ActionView, lead: Evidence | null): readonly string[] {
  if (alert.category === "volume_spike") return volumeActions(alert);
  return CHANGES.has(alert.category) ? changeActions(alert) : errorActions(alert, lead);
}
