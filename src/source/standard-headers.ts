import type { SeverityNumber } from "../log/severity.ts";
import { BLANK, isBlank, type Head } from "./head.ts";

const OPEN = 0x5b;
const CLOSE = 0x5d;
const DASH = 0x2d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FULL = 0x46;
const PARTIAL = 0x50;

/** Syslog's severities, 0 the gravest. */
const SYSLOG: readonly SeverityNumber[] = [21, 19, 18, 17, 13, 10, 9, 5];

/** Of syslog's priority, RFC 5424 section 6.2.1: the low three bits. */
export function severityOfPriority(priority: number): SeverityNumber {
  return SYSLOG[priority & 7] ?? 0;
}

/** The index after RFC 5424's structured data: a dash, or elements one after the other. */
export function skipStructuredData(head: Head, index: number): number {
  let at = index;
  if (head.at(at) === DASH) return at + 1;
  while (head.at(at) === OPEN) at = endOfElement(head, at);
  return at;
}

/** Past one `[id key="value"]`; quotes may hold brackets. */
export function endOfElement(head: Head, index: number): number {
  let quoted = false;
  for (let i = index; head.at(i) !== 0; i++) {
    const code = head.at(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) quoted = !quoted;
    else if (code === CLOSE && !quoted) return i + 1;
  }
  return head.length;
}

const STDOUT = "stdout";
const STDERR = "stderr";

/** `stdout F `, the container runtimes' tag. */
export function isStreamTag(head: Head, at: number): boolean {
  const flag = head.at(at + 7);
  if (head.at(at + 6) !== BLANK || (flag !== FULL && flag !== PARTIAL) || !isBlank(head.at(at + 8)))
    return false;
  const name = head.text(at, at + 6);
  return name === STDOUT || name === STDERR;
}
