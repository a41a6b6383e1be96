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

const CONTENT: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control"],
  tool_use: ["type", "id", "name", "input", "cache_control"],
  tool_result: ["type", "tool_use_id", "content", "is_error", "cache_control"],
  thinking: ["type", "thinking", "signature"],
};

function blocks(content: unknown, where: string): string[] {
  if (typeof content === "string") return content === "" ? [`${where}: text must be non-empty`] : [];
  if (!Array.isArray(content) || content.length === 0) return [`${where}: content must be non-empty`];
  return content.flatMap((block: unknown, i) => {
    const known = isObject(block) ? CONTENT[String(block["type"])] : undefined;
    if (!isObject(block) || known === undefined) return [`${where}.${i}: unknown block`];
    if (Object.keys(block).some((key) => !known.includes(key)))
      return [`${where}.${i}: Extra inputs are not permitted`];
    const { type, text } = block;
    const empty = type === "text" && !(typeof text === "string" && text.trim() !== "");
    return empty ? [`${where}.${i}: text must be non-empty`] : [];
  });
}

function idsOf(message: unknown, type: string, key: string): string[] {
  const content: unknown = isObject(message) ? message["content"] : null;
  if (!Array.isArray(content)) return [];
  return content
    .filter(isObject)
    .filter((block) => block["type"] === type)
    .map((block) => String(block[key]));
}

/** Every call has its result in the very next message, and no result stands alone. */
function pairs(messages: readonly unknown[]): string[] {
  return messages.flatMap((message, i) => {
    const calls = idsOf(message, "tool_use", "id").toSorted().join();
    const results = idsOf(messages[i + 1], "tool_result", "tool_use_id")
      .toSorted()
      .join();
    const own = idsOf(message, "tool_result", "tool_use_id");
    const orphan = own.length > 0 && idsOf(messages[i - 1], "tool_use", "id").length === 0;
    return [
      ...(calls === results || calls === "" ? [] : [`messages.${i}: tool_use without its tool_result`]),
      ...(orphan ? [`messages.${i}: tool_result without tool_use`] : []),
    ];
  });
}

function conversation({ messages, system, tools }: Json): string[] {
  const problems = system === undefined ? [] : blocks(system, "system");
  if (!Array.isArray(messages) || messages.length === 0) return [...problems, "messages: Field required"];
  for (const [i, message] of messages.entries()) {
    if (!isObject(message)) {
      problems.push(`messages.${i}: not an object`);
      continue;
    }
    if (message["role"] !== (i % 2 === 0 ? "user" : "assistant"))
      problems.push(`messages.${i}: roles must alternate`);
    problems.push(...blocks(message["content"], `messages.${i}`));
  }
  if (messages.length % 2 === 0) problems.push("messages: prefill is not supported by this model");
  const used = messages.some((message) => idsOf(message, "tool_use", "id").length > 0);
  if (used && tools === undefined) problems.push("tools: needed where the conversation used some");
  return [...problems, ...pairs(messages), ...toolProblems(tools)];
}

function toolProblems(tools: unknown): string[] {
  if (tools === undefined) return [];
  if (!Array.isArray(tools) || tools.length === 0) return ["tools: must be a list"];
  return tools.flatMap((tool: unknown, i) => {
    if (!isObject(tool) || !/^[a-zA-Z0-9_-]{1,64}$/.test(String(tool["name"]))) return [`tools.${i}.name`];
    return schema(tool["input_schema"], `tools.${i}.input_schema`);
  });
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
