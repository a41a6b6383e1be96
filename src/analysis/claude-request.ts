import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { Alert } from "../alert/alert.ts";
import { ANSWER_SCHEMA } from "./answer.ts";
import { bare, evidencePack, packJson } from "./pack.ts";
import type { EvidencePack } from "./pack.ts";
import { INSTRUCTIONS, SYSTEM_PROMPT } from "./prompt.ts";
import { redact } from "./redact.ts";

export const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
export type Effort = (typeof EFFORTS)[number];

export interface ModelChoice {
  readonly model: string;
  readonly effort: Effort;
  /** Thinking counts toward it. */
  readonly maxTokens: number;
}

export interface SealedData {
  readonly json: string;
  /** Lines that only the second redaction changed; above 0 something got past the first. */
  readonly caught: number;
}

function changedLines(before: string, now: string): number {
  const lines = now.split("\n");
  const changed = before.split("\n").filter((line, i) => line !== lines[i]).length;
  return Math.max(changed, 1);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The data as it is sent, after one more redaction of its final bytes. Where that finds something, the redacted data
 * is sent; where that is no longer JSON, the data without any log text; null where even that would change.
 */
export function sealed(pack: EvidencePack): SealedData | null {
  const json = packJson(pack);
  const again = redact(json);
  if (again === json) return { json, caught: 0 };
  const caught = changedLines(json, again);
  if (isJson(again)) return { json: again, caught };
  const rest = packJson(bare(pack));
  return redact(rest) === rest ? { json: rest, caught } : null;
}

/** The data in a block of its own, the words about it in another after it. No sampling parameters, no tools. */
function request(json: string, choice: ModelChoice): MessageCreateParamsNonStreaming {
  return {
    model: choice.model,
    max_tokens: choice.maxTokens,
    system: [{ type: "text", text: SYSTEM_PROMPT, cache_control: { type: "ephemeral" } }],
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: json },
          { type: "text", text: INSTRUCTIONS },
        ],
      },
    ],
    output_config: { effort: choice.effort, format: { type: "json_schema", schema: ANSWER_SCHEMA } },
  };
}

export interface BuiltRequest {
  readonly params: MessageCreateParamsNonStreaming;
  /** Evidence ids that the answer may cite. */
  readonly evidenceIds: readonly string[];
  readonly caught: number;
}

/** One analysis as one request; null where the alert cannot be written without a secret in it. */
export function buildRequest(alert: Alert, choice: ModelChoice): BuiltRequest | null {
  const pack = evidencePack(alert);
  const data = sealed(pack);
  if (data === null) return null;
  return {
    params: request(data.json, choice),
    evidenceIds: pack.evidence.map(({ id }) => id),
    caught: data.caught,
  };
}
