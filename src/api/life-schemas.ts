import { z } from "zod";
import { SEVERITIES } from "../anomaly/anomaly.ts";
import { GATES } from "../alert/ledger.ts";
import { MUTE_TARGETS } from "../alert/mute.ts";
import { alertSchema, wireSchemas } from "./schemas.ts";
import {
  assignBody,
  mergeBody,
  muteBody,
  noteBody,
  snoozeBody,
  targetBody,
  analyzeBody,
  feedbackBody,
  verdictBody,
} from "./verb-body.ts";

const time = z.string().meta({ format: "date-time" });
const maybeTime = time.nullable();
const maybeText = z.string().nullable();
const amount = z.number().nullable();
const count = z.number().int().min(0);

const target = z.object({ kind: z.enum(MUTE_TARGETS), value: z.string(), environment: maybeText });

const mute = z
  .object({
    id: z.string(),
    kind: z.enum(["mute", "maintenance", "known"]),
    target,
    starts_at: time,
    until: maybeTime,
    reason: maybeText,
    by: z.string(),
    created_at: time,
    hidden: count,
    ended: z.object({ at: time, by: z.string(), reason: z.string() }).nullable(),
  })
  .register(wireSchemas, { id: "Mute" });

const receipt = z
  .object({
    days: count,
    alerts: count,
    marked_real: count,
    marked_noise: count,
    critical: count,
    examples: z.array(z.string()),
    sentence: z.string(),
  })
  .register(wireSchemas, { id: "Receipt" });

const tally = z.object({ alerts: count, marked_real: count, marked_noise: count });

const proposal = z
  .object({
    id: z.string(),
    anomaly_id: z.string(),
    change: z.object({ kind: z.enum(["mute", "known_pattern"]), target, duration_seconds: amount }),
    receipt,
    replay: z.object({ days: count, before: tally, after: tally }),
    status: z.enum(["proposed", "approved", "rejected"]),
    by: z.string(),
    at: time,
    decided_by: maybeText,
    decided_at: maybeTime,
    mute: maybeText,
  })
  .register(wireSchemas, { id: "Proposal" });

const silence = z.object({
  environment: z.string(),
  service: maybeText,
  category: z.string(),
  pattern: maybeText,
  severity: z.enum(SEVERITIES).nullable(),
  observed: amount,
  expected: amount,
  gate: z.enum(GATES),
  reason: z.string(),
  anomaly_id: maybeText,
  first_at: time,
  last_at: time,
  count,
});

const noisy = z.array(z.object({ name: z.string(), alerts: count }));

z.object({ alert: alertSchema, proposal: proposal.nullable() }).register(wireSchemas, { id: "Judged" });
z.object({ mutes: z.array(mute) }).register(wireSchemas, { id: "Mutes" });
z.object({ mute, receipt }).register(wireSchemas, { id: "Muted" });
z.object({ proposals: z.array(proposal) }).register(wireSchemas, { id: "Proposals" });
z.object({ silences: z.array(silence) }).register(wireSchemas, { id: "Silences" });
z.object({
  from: time,
  to: time,
  opened: count,
  by_severity: z.record(z.enum(SEVERITIES), count),
  by_category: noisy,
  still_open: count,
  acknowledged: count,
  mean_seconds_to_acknowledge: amount,
  marked_real: count,
  marked_noise: count,
  hidden: count,
  analyses: z.object({ helpful: count, wrong: count, hints: count }).nullable(),
  more_than: count.nullable(),
  noisiest_services: noisy,
  noisiest_patterns: noisy,
  muted: z.array(z.object({ id: z.string(), what: z.string(), until: maybeTime })),
}).register(wireSchemas, { id: "Digest" });
z.object({
  results: z.array(
    z.object({ notifier: z.string(), to: maybeText, delivered: z.boolean(), reason: maybeText }),
  ),
}).register(wireSchemas, { id: "TestResults" });

snoozeBody.register(wireSchemas, { id: "SnoozeBody", description: "One of `for`, `until` and `off`" });
assignBody.register(wireSchemas, { id: "AssignBody" });
noteBody.register(wireSchemas, { id: "NoteBody" });
mergeBody.register(wireSchemas, { id: "MergeBody" });
analyzeBody.register(wireSchemas, { id: "AnalyzeBody" });
feedbackBody.register(wireSchemas, { id: "FeedbackBody" });
verdictBody.register(wireSchemas, { id: "VerdictBody" });
targetBody.register(wireSchemas, {
  id: "TargetBody",
  description: "One of service, category, pattern and alert",
});
muteBody.register(wireSchemas, {
  id: "MuteBody",
  description:
    "One of service, category, pattern and alert; `for` or `until`; `from` plans a maintenance window",
});

/** All shapes, those of `schemas.ts` and the ones above. */
export { wireSchemas };
