import { z } from "zod";
import { FAULT_CLASSES } from "../alert/fault-class.ts";
import { ACTION_KINDS, RISKS, CAUSE_VERDICTS } from "../alert/report.ts";

const text = (description: string) => ({ type: "string", description });
const texts = (description: string) => ({ type: "array", items: { type: "string" }, description });
const object = (properties: Record<string, unknown>) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/**
 * The wire schema: fixed, flat and without bounds, which the API does not enforce (they are kept here instead).
 * Fields are written in this order: what the answer rests on first, how sure it is last.
 */
export const ANSWER_SCHEMA = object({
  evidence: {
    type: "array",
    description: "What the answer rests on, the most important first",
    items: object({
      id: text("Id of an evidence item"),
      quote: text("A few words of that item, copied exactly"),
      shows: text("What they show, in one sentence"),
    }),
  },
  causal_chain: texts("From the cause to what users see, one step each, in order of time"),
  verdict: { type: "string", enum: [...CAUSE_VERDICTS] },
  root_cause: object({
    summary: text("Two to four sentences"),
    component: text("One of `components`; empty where none can be named"),
    fault_class: { type: "string", enum: [...FAULT_CLASSES] },
    change: text("`ref` of the change that caused it; empty where none did"),
  }),
  impact: text("One or two sentences"),
  recommended_actions: {
    type: "array",
    description: "Two to five steps, the most useful first",
    items: object({
      action: text("One sentence that begins with a verb"),
      kind: { type: "string", enum: [...ACTION_KINDS] },
      risk: { type: "string", enum: [...RISKS] },
      evidence_ids: texts("What it follows from"),
    }),
  },
  alternatives: texts("Other causes that fit, and what would tell them apart; one sentence each"),
  missing_information: texts("What was not in the data and would settle it"),
  confidence: { type: "number", description: "Between 0 and 1: the chance that the root cause is right" },
});

/** What is read of an answer. Closed lists are checked in code: a word that is none of them is no broken answer. */
export const Answer = z.object({
  evidence: z.array(z.object({ id: z.string(), quote: z.string(), shows: z.string().default("") })),
  causal_chain: z.array(z.string()).default([]),
  verdict: z.string().default("inconclusive"),
  root_cause: z.object({
    summary: z.string(),
    component: z.string().default(""),
    fault_class: z.string().default("unknown"),
    change: z.string().default(""),
  }),
  impact: z.string().default(""),
  recommended_actions: z
    .array(
      z.object({
        action: z.string(),
        kind: z.string().default("check"),
        risk: z.string().default("medium"),
        evidence_ids: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  alternatives: z.array(z.string()).default([]),
  missing_information: z.array(z.string()).default([]),
  confidence: z.number(),
});
export type Answer = z.infer<typeof Answer>;
