import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Alert } from "../../src/alert/alert.ts";
import { originsOf } from "../../src/analysis/origin.ts";
import type { EpochMs } from "../../src/log/time.ts";
import type { LogRecord } from "../../src/log/batch.ts";
import { alertsOf, type GivenAlert } from "./engine.ts";
import { incidentsFolder, recordsOf } from "./scenarios.ts";
import { share, type EvalTable, type Figure } from "./table.ts";

interface Fault {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly services: readonly string[];
}

interface Incident {
  readonly name: string;
  readonly logs: string;
  readonly faults: readonly Fault[];
}

interface RawLabel {
  readonly start: string;
  readonly end: string;
  readonly service: string;
  readonly services?: readonly string[];
  readonly activated?: boolean;
  readonly userVisibleFailure?: boolean;
}

function faultsOf(path: string): readonly Fault[] {
  const labels = JSON.parse(readFileSync(path, "utf8")) as readonly RawLabel[];
  return labels
    .filter(({ activated = true, userVisibleFailure = true }) => activated && userVisibleFailure)
    .map(({ start, end, service, services }) => ({
      startMs: Date.parse(start),
      endMs: Date.parse(end),
      services: [service, ...(services ?? [])],
    }));
}

function incidentAt(folder: string, name: string): Incident {
  return { name, logs: join(folder, "logs.jsonl.gz"), faults: faultsOf(join(folder, "labels.json")) };
}

/** Recorded incidents of one kind; null where they are not there. */
export function incidents(kind: "openstack-fi" | "nezha-tt-replay"): readonly Incident[] | null {
  const folder = join(incidentsFolder(), kind);
  if (!existsSync(folder)) return null;
  if (existsSync(join(folder, "labels.json"))) return [incidentAt(folder, kind)];
  return readdirSync(folder)
    .toSorted()
    .map((name) => incidentAt(join(folder, name), name));
}

const BEFORE_MS = 1_000;
const AFTER_MS = 60_000;
/** An engine needs this long from the first bad record to its alert. */
const NOTICED_AFTER_MS = 10_000;

function covers(fault: Fault, timeMs: EpochMs): boolean {
  return timeMs >= fault.startMs - BEFORE_MS && timeMs <= fault.endMs + AFTER_MS;
}

/** The moment at which a fault can be noticed: shortly after its first ERROR; null for one that logs none. */
function noticed(fault: Fault, records: readonly LogRecord[]): GivenAlert | null {
  const first = records.find(({ timeMs, severity }) => severity >= 17 && covers(fault, timeMs));
  return first === undefined
    ? null
    : { atMs: first.timeMs + NOTICED_AFTER_MS, service: null, summary: "errors that were not there before" };
}

interface Judged {
  readonly incident: string;
  readonly alert: string;
  readonly truth: string;
  readonly named: string | null;
  readonly first: boolean;
  readonly firstThree: boolean;
}

function judge(name: string, faults: readonly Fault[], alerts: readonly Alert[]): Judged[] {
  return faults.flatMap((fault) => {
    const alert = alerts.find(({ detectedAtMs }) => covers(fault, detectedAtMs));
    if (alert === undefined) return [];
    const ranked = originsOf(alert);
    const [named = null] = ranked;
    return [
      {
        incident: name,
        alert: alert.id,
        truth: fault.services.join(" "),
        named,
        first: fault.services.includes(named ?? ""),
        firstThree: ranked.slice(0, 3).some((service) => fault.services.includes(service)),
      },
    ];
  });
}

type Kind = "openstack-fi" | "nezha-tt-replay";

async function figuresOf(
  kind: Kind,
  all: readonly Incident[],
  own: boolean,
): Promise<{ figures: Figure[]; cases: Judged[] }> {
  const cases: Judged[] = [];
  let total = 0;
  for (const { name, logs, faults } of all) {
    const records = recordsOf(logs);
    const given = own ? null : faults.flatMap((fault) => noticed(fault, records) ?? []);
    cases.push(...judge(name, faults, await alertsOf({ records, changes: [], given })));
    total += faults.length;
  }
  const of = `${cases.length} faults ${own ? "found by the product" : "that log an ERROR"}, of ${total}`;
  const bar = kind === "openstack-fi" ? ({ at: "least", value: 0.9 } as const) : null;
  const how = own ? "own alerts" : "alerted at the first ERROR";
  return {
    cases,
    figures: [
      {
        what: `true service first, ${how}`,
        value: share(cases.filter(({ first }) => first).length, cases.length),
        unit: "share",
        of,
        bar: cases.length === 0 ? null : bar,
      },
      {
        what: `… among the first three, ${how}`,
        value: share(cases.filter(({ firstThree }) => firstThree).length, cases.length),
        unit: "share",
        of,
        bar: null,
      },
    ],
  };
}

/** Whether the analyst names the true service: in what the product alerts on, and in all that could be noticed. */
export async function serviceTable(kind: Kind): Promise<EvalTable> {
  const all = incidents(kind) ?? [];
  const own = await figuresOf(kind, all, true);
  const given = await figuresOf(kind, all, false);
  return {
    title: `The true service in ${kind}`,
    figures: [...own.figures, ...given.figures],
    notes: [],
    cases: [...own.cases, ...given.cases].map((one) => ({ ...one })),
  };
}
