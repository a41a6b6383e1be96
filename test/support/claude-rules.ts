/** The rules of the Messages API that a request can break, written independently of the code under test. */

type Json = Record<string, unknown>;

const KNOWN_KEYS = new Set([
  "model",
  "max_tokens",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "cache_control",
  "metadata",
  "service_tier",
  "stop_sequences",
  "stream",
]);
const REMOVED_KEYS = ["temperature", "top_p", "top_k"];
const EFFORTS = new Set(["low", "medium", "high", "xhigh", "max"]);
const MAX_OUTPUT_TOKENS = 128_000;
const MAX_BREAKPOINTS = 4;
const SCHEMA_KEYWORDS = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "anyOf",
  "description",
  "additionalProperties",
  "$defs",
  "$ref",
]);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function topLevel(body: Json): string[] {
  const problems = Object.keys(body)
    .filter((key) => !KNOWN_KEYS.has(key) && !REMOVED_KEYS.includes(key))
    .map((key) => `${key}: Extra inputs are not permitted`);
  for (const key of REMOVED_KEYS) if (key in body) problems.push(`${key}: not supported by this model`);
  const { model, max_tokens: maxTokens, stream } = body;
  if (typeof model !== "string" || model === "") problems.push("model: Field required");
  if (!Number.isInteger(maxTokens)) problems.push("max_tokens: Field required");
  else if (Number(maxTokens) < 0 || Number(maxTokens) > MAX_OUTPUT_TOKENS)
    problems.push("max_tokens: out of range");
  if (stream !== undefined && stream !== false) problems.push("stream: not played here");
  return problems;
}

function textBlocks(content: unknown, where: string): string[] {
  if (typeof content === "string") return content === "" ? [`${where}: text must be non-empty`] : [];
  if (!Array.isArray(content) || content.length === 0) return [`${where}: content must be non-empty`];
  return content.flatMap((block: unknown, i) => {
    if (!isObject(block) || block["type"] !== "text") return [`${where}.${i}: unknown block`];
    const extra = Object.keys(block).filter((key) => !["type", "text", "cache_control"].includes(key));
    if (extra.length > 0) return [`${where}.${i}: Extra inputs are not permitted`];
    const { text } = block;
    return typeof text === "string" && text.trim() !== "" ? [] : [`${where}.${i}: text must be non-empty`];
  });
}

function conversation({ messages, system }: Json): string[] {
  const problems = system === undefined ? [] : textBlocks(system, "system");
  if (!Array.isArray(messages) || messages.length === 0) return [...problems, "messages: Field required"];
  for (const [i, message] of messages.entries()) {
    if (!isObject(message)) {
      problems.push(`messages.${i}: not an object`);
      continue;
    }
    if (message["role"] !== (i % 2 === 0 ? "user" : "assistant"))
      problems.push(`messages.${i}: roles must alternate`);
    problems.push(...textBlocks(message["content"], `messages.${i}`));
  }
  if (messages.length % 2 === 0) problems.push("messages: prefill is not supported by this model");
  return problems;
}

function schema(node: unknown, where: string): string[] {
  if (!isObject(node)) return [`${where}: not a schema`];
  const problems = Object.keys(node)
    .filter((key) => !SCHEMA_KEYWORDS.has(key))
    .map((key) => `${where}: keyword ${key} is not supported`);
  if (node["type"] === "object" && node["additionalProperties"] !== false) {
    problems.push(`${where}: additionalProperties must be false`);
  }
  if (isObject(node["properties"])) {
    for (const [key, child] of Object.entries(node["properties"]))
      problems.push(...schema(child, `${where}.${key}`));
  }
  if (node["items"] !== undefined) problems.push(...schema(node["items"], `${where}.items`));
  return problems;
}

function output({ output_config: config, thinking, tool_choice: toolChoice }: Json): string[] {
  const problems: string[] = [];
  if (isObject(thinking) && thinking["type"] !== "adaptive")
    problems.push("thinking: not supported by this model");
  if (isObject(toolChoice) && ["any", "tool"].includes(String(toolChoice["type"])))
    problems.push("tool_choice: forced");
  if (config === undefined) return problems;
  if (!isObject(config)) return [...problems, "output_config: not an object"];
  const extra = Object.keys(config).filter((key) => !["effort", "format"].includes(key));
  if (extra.length > 0) problems.push("output_config: Extra inputs are not permitted");
  const { effort } = config;
  if (effort !== undefined && !(typeof effort === "string" && EFFORTS.has(effort))) {
    problems.push("output_config.effort");
  }
  const format = config["format"];
  if (format === undefined) return problems;
  if (!isObject(format) || format["type"] !== "json_schema") return [...problems, "output_config.format"];
  return [...problems, ...schema(format["schema"], "output_config.format.schema")];
}

function breakpoints(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, child) => sum + breakpoints(child), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, child]) => sum + (key === "cache_control" ? 1 : breakpoints(child)),
    0,
  );
}

/** Everything that the API would refuse about this body; empty where it would accept it. */
export function requestProblems(body: unknown): string[] {
  if (!isObject(body)) return ["body: not an object"];
  const problems = [...topLevel(body), ...conversation(body), ...output(body)];
  if (breakpoints(body) > MAX_BREAKPOINTS) problems.push("cache_control: at most 4 blocks");
  return problems;
}
