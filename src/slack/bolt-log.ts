import { LogLevel, type Logger as BoltLogger } from "@slack/bolt";
import type { Logger } from "pino";
import { clip } from "../analysis/printable.ts";
import { redact } from "../analysis/redact.ts";

const MAX_MESSAGE = 300;

function summary(parts: readonly unknown[]): string {
  const words = parts.map((part) =>
    part instanceof Error ? part.message : typeof part === "string" ? part : "",
  );
  return clip(redact(words.join(" ").trim()), MAX_MESSAGE);
}

/**
 * Slack's libraries log through ours. Their debug lines hold bodies and tokens and are dropped; what is left is
 * redacted and short. Their chatter on info is debug to us.
 */
export function boltLogger(log: Logger): BoltLogger {
  return {
    debug: () => undefined,
    info: (...parts) => log.debug({ from: "slack" }, summary(parts)),
    warn: (...parts) => log.warn({ from: "slack" }, summary(parts)),
    error: (...parts) => log.error({ from: "slack" }, summary(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
