import { collectEvidence } from "../../src/alert/evidence.ts";
import { NO_CHANGES } from "../../src/alert/change.ts";
import { evidencePack } from "../../src/analysis/pack.ts";
import { redact } from "../../src/analysis/redact.ts";
import { emptyBaseline } from "../../src/baseline/classic.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { Windows } from "../../src/window/windows.ts";
import { logRecord } from "../support/log-records.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import type { EvalTable } from "./table.ts";

const SERVICES = 100;
const TEMPLATES = 500;
const RUNS = 120;
const START_MS = Date.UTC(2026, 0, 1);
const WINDOW_MS = 300_000;

function word(n: number): string {
  let text = "";
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 26))
    text += String.fromCharCode(97 + (rest % 26));
  return text;
}

/** A memory that is full: 50,000 templates, a tenth of them warnings and errors, half of these new. */
function full(): RecentRecords {
  const recent = new RecentRecords({ redact: (text) => text, textOf: (_key, id) => id });
  for (let service = 0; service < SERVICES; service++) {
    for (let i = 0; i < TEMPLATES; i++) {
      const isNew = i % 40 === 0;
      const timeMs = START_MS + (isNew ? 40 * 60_000 : 0) + i * 400;
      const body = `${word(i)} ${word(i * 7)} happened in ${word(i * 3)} z`;
      const level = i % 20 === 0 ? "ERROR" : i % 10 === 0 ? "WARN" : "INFO";
      recent.observe(logRecord(timeMs, { service: `service-${service}`, level, body }), body);
    }
  }
  return recent;
}

/** What the making of one pack costs, in CPU time of this process. */
export function assemblingTable(): EvalTable {
  const recent = full();
  const toMs = START_MS + 44 * 60_000;
  const stats = new Windows(10_000).stats("production", toMs - WINDOW_MS, toMs);
  const source = {
    stats,
    baseline: emptyBaseline("production", WINDOW_MS),
    templates: new Map<string, Map<string, number>>(),
    sample: () => undefined,
    newSinceMs: toMs - WINDOW_MS,
    recent,
    changes: NO_CHANGES,
  };
  let known = 0;
  for (const _one of recent.templates("production")) known += 1;
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const before = process.cpuUsage();
    const evidence = collectEvidence(source, false).map((item) => ({
      ...item,
      examples: item.examples.map(redact),
    }));
    evidencePack(sampleAlert({ evidence }));
    const { user, system } = process.cpuUsage(before);
    // The first runs compile.
    if (run >= 20) times.push((user + system) / 1_000);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return {
    title: "Making a pack",
    figures: [
      {
        what: "CPU time, p99",
        value: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
        unit: "ms",
        of: `${sorted.length} packs, ${known} templates known`,
        bar: { at: "most", value: 100 },
      },
      {
        what: "CPU time, median",
        value: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
        unit: "ms",
        of: "the same",
        bar: null,
      },
    ],
    notes: [],
    cases: [],
  };
}
