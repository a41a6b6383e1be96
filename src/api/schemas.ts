import { z } from "zod";
import { GRADES } from "../alert/aftermath.ts";
import { RATINGS, STATUSES, VERDICTS } from "../alert/alert.ts";
import { CHANGE_KINDS } from "../alert/change.ts";
import { HANDLING_TYPES } from "../alert/event.ts";
import { FAULT_CLASSES } from "../alert/fault-class.ts";
import { ACTION_KINDS, CAUSE_VERDICTS, RISKS, TIERS } from "../alert/report.ts";
import type { ReportView } from "../alert/report-view.ts";
import type { AlertView } from "../alert/view.ts";
import { CATEGORIES, SEVERITIES } from "../anomaly/anomaly.ts";
import type { ChangeView } from "./changes.ts";
import type { EventView } from "./event-view.ts";
import { FAILURE_CODES } from "./failure.ts";
import { LEVELS } from "../log/severity.ts";
import type { PatternsView } from "./patterns.ts";
import { SERVICE_STATES } from "./ports.ts";
import type { ServiceView } from "./service-view.ts";

/** The shapes that go over the wire, by the names they have in the OpenAPI description. */
export const wireSchemas = z.registry<{ id: string; description?: string }>();

const time = z.string().meta({ format: "date-time", examples: ["2024-01-15T10:30:45Z"] });
const maybeTime = time.nullable();
const rate = z.number().min(0).max(1).nullable();
const amount = z.number().nullable();
const maybeText = z.string().nullable();
const texts = z.array(z.string()).readonly();

const anomaly = z
  .object({
    category: z.enum(CATEGORIES),
    severity: z.enum(SEVERITIES),
    service: maybeText,
    observed: amount,
    expected: amount,
    multiplier: amount,
    detected_at: time,
    pattern: maybeText,
    expected_range: z.object({ low: z.number(), high: z.number() }).nullable(),
  })
  .extend({ since: maybeTime, detector: maybeText, score: amount, window_seconds: amount })
  .register(wireSchemas, { id: "Anomaly" });

const evidence = z
  .object({
    id: z.string(),
    kind: z.string(),
    service: z.string(),
    template: maybeText,
    count: z.number(),
    first_seen_at: maybeTime,
    examples: texts,
    note: maybeText,
  })
  .register(wireSchemas, { id: "Evidence" });

const metrics = z
  .object({
    error_rate: rate,
    baseline_error_rate: rate,
    total_logs: amount,
    baseline_total_logs: amount,
    services: amount,
    baseline_services: amount,
  })
  .register(wireSchemas, { id: "AlertMetrics" });

const aftermath = z
  .object({
    text: z.string(),
    grade: z.enum(GRADES),
    because: z.string(),
    stopped: z.object({ service: z.string(), template: z.string(), last_seen_at: maybeTime }).nullable(),
    preceded: z
      .object({
        kind: z.enum(["change", "restart"]),
        service: maybeText,
        what: z.string(),
        ref: maybeText,
        at: maybeTime,
      })
      .nullable(),
  })
  .register(wireSchemas, {
    id: "Aftermath",
    description: "How the alert ended, from data, and what that says of the named cause.",
  });

const report = z
  .object({
    tier: z.enum(TIERS),
    verdict: z.enum(CAUSE_VERDICTS),
    component: maybeText,
    fault_class: z.enum(FAULT_CLASSES),
    change: maybeText,
    causal_chain: texts,
    actions: z
      .array(
        z.object({
          action: z.string(),
          kind: z.enum(ACTION_KINDS),
          risk: z.enum(RISKS),
          evidence_ids: texts,
          from_log_text: z.boolean(),
          destructive: z.boolean(),
        }),
      )
      .readonly(),
    alternatives: texts,
    missing_information: texts,
    evidence_ids: texts,
    confidence_word: z.enum(["high", "medium", "low"]),
    confidence_because: texts,
    quotes: z.object({ checked: z.number(), verified: z.number() }),
    suspicious: texts,
    cost_usd: amount,
    receipt: z
      .object({
        host: z.string(),
        requests: z.number(),
        bytes: z.number(),
        lines: z.number(),
        masked: z.record(z.string(), z.number()),
        sha256: z.string(),
        templates_only: z.boolean(),
      })
      .nullable(),
    changed: texts.nullable(),
  })
  .register(wireSchemas, { id: "AnalysisReport" }) satisfies z.ZodType<ReportView>;

export const alertSchema = z
  .object({
    anomaly_id: z.string(),
    detected_at: time,
    since: maybeTime,
    severity: z.enum(SEVERITIES),
    category: z.enum(CATEGORIES),
    status: z.enum(STATUSES),
    environment: z.string(),
    description: z.string(),
    affected_services: texts,
    suspected_service: maybeText,
    suspects: z.array(z.object({ service: z.string(), score: z.number(), because: texts })).readonly(),
    window: z.object({ start: maybeTime, end: maybeTime }),
    metrics,
    anomalies: z.array(anomaly).readonly(),
    evidence: z.array(evidence).readonly(),
    analysis: z.object({
      status: z.enum(["pending", "done", "failed", "skipped"]),
      by: z.enum(["claude", "statistics"]),
      model: maybeText,
      reason: maybeText,
      report: report.nullable(),
    }),
    root_cause: maybeText,
    impact: maybeText,
    recommended_actions: texts,
    confidence: rate,
    acknowledged_by: maybeText,
    acknowledged_at: maybeTime,
    resolved_by: maybeText,
    resolved_at: maybeTime,
    resolution: maybeText,
    aftermath: aftermath.nullable(),
    assignee: maybeText,
    verdict: z.enum(VERDICTS).nullable(),
    verdict_by: maybeText,
    notes: z.array(z.object({ at: time, by: z.string(), text: z.string() })).readonly(),
    feedback: z
      .array(z.object({ at: time, by: z.string(), rating: z.enum(RATINGS), outdated: z.boolean() }))
      .readonly(),
    merged_into: maybeText,
    merged: texts,
    muted_until: maybeTime,
    muted_by: maybeText,
    snoozed_until: maybeTime,
    shadow: z.boolean(),
  })
  .register(wireSchemas, { id: "Alert" }) satisfies z.ZodType<AlertView>;

const event = z
  .object({
    at: time,
    type: z.enum([
      "opened",
      "anomaly_added",
      "escalated",
      "peaked",
      "adopted",
      "acknowledged",
      "analysis_requested",
      "analysed",
      "analysis_failed",
      "resolved",
      "reopened",
      ...HANDLING_TYPES,
    ]),
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    details: z.record(z.string(), z.unknown()),
  })
  .register(wireSchemas, { id: "Event" }) satisfies z.ZodType<EventView>;

const service = z
  .object({
    service: z.string(),
    namespace: maybeText,
    environment: z.string(),
    logs_per_minute: z.number(),
    error_rate: z.number(),
    baseline: z.object({ logs_per_minute: amount, error_rate: rate }),
    state: z.enum(SERVICE_STATES),
    learning: z.object({ until: z.string().meta({ format: "date-time" }), reason: z.string() }).nullable(),
    last_seen_at: maybeTime,
  })
  .register(wireSchemas, { id: "Service" }) satisfies z.ZodType<ServiceView>;

const count = z.number().int().min(0);

const pattern = z
  .object({
    id: z.string(),
    template: z.string(),
    aliases: texts,
    environment: z.string(),
    namespace: maybeText,
    count,
    per_minute: z.number(),
    share: z.number().min(0).max(1),
    levels: z.partialRecord(z.enum(LEVELS), count),
    first_seen_at: maybeTime,
    last_seen_at: maybeTime,
    samples: texts,
    trend: z.object({ start: maybeTime, step_seconds: z.number(), counts: z.array(count).readonly() }),
  })
  .register(wireSchemas, { id: "Pattern" });

z
  .object({
    service: z.string(),
    total: count,
    patterns: z.array(pattern).readonly(),
    next_offset: count.nullable(),
  })
  .register(wireSchemas, { id: "Patterns" }) satisfies z.ZodType<PatternsView>;

const dependency = z.object({ state: z.enum(["up", "down", "unused"]), reason: maybeText });

z.object({ alerts: z.array(alertSchema) }).register(wireSchemas, { id: "Alerts" });
z.object({ events: z.array(event) }).register(wireSchemas, { id: "Events" });
z.object({ services: z.array(service) }).register(wireSchemas, { id: "Services" });
z.object({ error: z.object({ code: z.enum(FAILURE_CODES), message: z.string() }) }).register(wireSchemas, {
  id: "Error",
});
z.object({
  accepted: count,
  late: count,
  rejected: count,
  errors: z.array(z.object({ index: count, reason: z.string() })),
}).register(wireSchemas, { id: "IngestResult", description: "`late` records are among the accepted" });
z.object({
  status: z.literal("ok"),
  version: z.string(),
  started_at: time,
  uptime_seconds: count,
  dependencies: z.record(z.string(), dependency),
}).register(wireSchemas, { id: "Health" });
z.object({
  status: z.enum(["ready", "not_ready"]),
  dependencies: z.record(z.string(), dependency),
}).register(wireSchemas, { id: "Readiness" });
z.object({
  logs: z.array(
    z.looseObject({
      timestamp: z.union([z.string(), z.number()]).nullish(),
      level: z.union([z.string(), z.number()]).nullish(),
      service: z.string().nullish(),
      message: z.string(),
      context: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
}).register(wireSchemas, { id: "IngestBody" });

const changeKind = z.enum(CHANGE_KINDS);
const change = z
  .object({
    id: z.string(),
    kind: changeKind,
    at: time,
    service: maybeText,
    environment: maybeText,
    version: maybeText,
    ref: maybeText,
    title: z.string(),
  })
  .register(wireSchemas, { id: "Change" }) satisfies z.ZodType<ChangeView>;
z.object({ changes: z.array(change) }).register(wireSchemas, { id: "Changes" });
z.object({
  accepted: count,
  rejected: count,
  errors: z.array(z.object({ index: count, reason: z.string() })),
}).register(wireSchemas, { id: "ChangeResult" });
z.looseObject({
  kind: changeKind.nullish(),
  at: z.union([z.string(), z.number()]).nullish(),
  service: z.string().nullish(),
  environment: z.string().nullish(),
  version: z.string().nullish(),
  ref: z.string().nullish(),
  title: z.string().nullish(),
  files: z.array(z.string()).nullish(),
  diff: z.string().nullish(),
}).register(wireSchemas, { id: "ChangeBody", description: "One change, or `changes` with several" });
