import { createHash } from "node:crypto";
import type {
  MessageCreateParamsNonStreaming,
  MessageParam,
  Tool,
} from "@anthropic-ai/sdk/resources/messages";
import type { Alert } from "../alert/alert.ts";
import type { EgressReceipt } from "../alert/report.ts";
import { ANSWER_SCHEMA } from "./answer-schema.ts";
import { bare, evidencePack, packJson } from "./pack.ts";
import type { EvidencePack, PackContext } from "./pack.ts";
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

/** The data in a block of its own, the words about it in another after it. No sampling parameters. */
export function requestOf(
  messages: readonly MessageParam[],
  choice: ModelChoice,
  tools: readonly Tool[] = [],
): MessageCreateParamsNonStreaming {
  return {
    model: choice.model,
    max_tokens: choice.maxTokens,
    system: [{ type: "text", text: SYSTEM_PROMPT, cache_control: { type: "ephemeral" } }],
    messages: [...messages],
    output_config: { effort: choice.effort, format: { type: "json_schema", schema: ANSWER_SCHEMA } },
    ...(tools.length === 0 ? {} : { tools: [...tools] }),
  };
}

/** The first message of every analysis. */
export function openingMessage(json: string): MessageParam {
  return {
    role: "user",
    content: [
      { type: "text", text: json },
      { type: "text", text: INSTRUCTIONS },
    ],
  };
}

export interface BuiltRequest {
  readonly params: MessageCreateParamsNonStreaming;
  readonly pack: EvidencePack;
  /** What it was made with. */
  readonly context: PackContext;
  readonly caught: number;
}

/** One analysis as one request; null where the alert cannot be written without a secret in it. */
export function buildRequest(
  alert: Alert,
  choice: ModelChoice,
  context: PackContext = {},
): BuiltRequest | null {
  const pack = evidencePack(alert, context);
  const data = sealed(pack);
  if (data === null) return null;
  return { params: requestOf([openingMessage(data.json)], choice), pack, context, caught: data.caught };
}

/** What an analysis would see, apart from when it looks: equal evidence gives an equal answer. */
export function evidenceHash({ evidence, hypotheses, components }: EvidencePack): string {
  const seen = evidence.map(({ kind, service, template, note, change, count }) => [
    kind,
    service,
    template,
    note,
    change?.ref ?? null,
    // A count that crept up a little is no news.
    Math.round(Math.log2(1 + count)),
  ]);
  return createHash("sha256")
    .update(JSON.stringify([seen, hypotheses, components]))
    .digest("hex");
}

const PSEUDONYM = /<([a-z_]+(?::[a-z0-9_]+)?)#[0-9a-f]{2,8}>/g;

/** The receipt for the bodies that went out, in their order. */
export function receiptOf(bodies: readonly string[], host: string, templatesOnly: boolean): EgressReceipt {
  const masked: Record<string, number> = {};
  const hash = createHash("sha256");
  let bytes = 0;
  let lines = 0;
  for (const body of bodies) {
    hash.update(body);
    bytes += Buffer.byteLength(body);
    lines += body.split("\\n").length;
  }
  for (const [, type = ""] of (bodies.at(-1) ?? "").matchAll(PSEUDONYM))
    masked[type] = (masked[type] ?? 0) + 1;
  return { host, requests: bodies.length, bytes, lines, masked, sha256: hash.digest("hex"), templatesOnly };
}
