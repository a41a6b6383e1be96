import { createHmac, randomBytes } from "node:crypto";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { clip, printable } from "./printable.ts";
import { RULES } from "./redact-rules.ts";
import type { Pseudonym } from "./redact-pairs.ts";

/** Cut before any pattern runs, so that no pattern ever meets more. */
export const MAX_LINE_CHARS = 4_096;
export const MAX_TEXT_CHARS = 65_536;

/** What one rule leaves may complete what another one knows; a text that still changes after this is dropped. */
const MAX_PASSES = 6;
const PSEUDONYM_HEX_CHARS = 4;

const KEY_NAME = "tocsin.redaction-key";

/**
 * Lives and dies with the process: a pseudonym cannot be turned back by trying values offline. All threads have the
 * same, so that one value has one name.
 */
function processKey(): Uint8Array {
  const given = getEnvironmentData(KEY_NAME);
  if (given instanceof Uint8Array) return given;
  const made = new Uint8Array(randomBytes(32));
  setEnvironmentData(KEY_NAME, made);
  return made;
}

const key = processKey();

const pseudonym: Pseudonym = (type, value) => {
  const mac = createHmac("sha256", key).update(`${type}\n${value}`).digest("hex");
  return `<${type}#${mac.slice(0, PSEUDONYM_HEX_CHARS)}>`;
};

function bounded(text: string): string {
  const whole = printable(clip(text, MAX_TEXT_CHARS));
  if (whole.length <= MAX_LINE_CHARS) return whole;
  const lines = whole.split("\n").map((line) => clip(line, MAX_LINE_CHARS));
  return clip(lines.join("\n"), MAX_TEXT_CHARS);
}

function onePass(text: string): string {
  let redacted = bounded(text);
  for (const rule of RULES) redacted = rule.apply(redacted, pseudonym);
  return redacted;
}

/**
 * The one redactor: everything that leaves the process or is kept goes through it. Secrets and personal data become
 * typed pseudonyms (`<secret:github#a1b2>`, `<email#3f10>`), the same for the same value while the process lives;
 * numbers, durations, addresses, UUIDs and trace ids stay. Escape sequences and invisible characters are removed,
 * lines end at `MAX_LINE_CHARS`, the text at `MAX_TEXT_CHARS`. Idempotent; linear in the text's length; never throws.
 */
export function redact(text: string): string {
  let before = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const redacted = onePass(before);
    if (redacted === before) return redacted;
    before = redacted;
  }
  return pseudonym("secret:text", text);
}

export function redactAll(texts: readonly string[]): readonly string[] {
  return texts.map(redact);
}
