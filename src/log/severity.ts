/** OpenTelemetry's SeverityNumber: 0 unspecified, 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal. */
export type SeverityNumber = number;

export const LEVELS = ["unspecified", "trace", "debug", "info", "warn", "error", "fatal"] as const;
export type Level = (typeof LEVELS)[number];

export const MAX_SEVERITY = 24;
const ERROR_SEVERITY = 17;

/** ERROR, CRITICAL and FATAL in the words of the original rules. */
export function isError(severity: SeverityNumber): boolean {
  return severity >= ERROR_SEVERITY;
}

/** Index into `LEVELS`. */
export function levelIndex(severity: SeverityNumber): number {
  return (severity + 3) >> 2;
}

/**
 * Names that loggers write, by OpenTelemetry's appendix B: syslog, Log4j, java.util.logging, .NET, Zap, Python.
 * Where systems disagree the word's commonest reading counts (CRITICAL is syslog's and Python's, not .NET's).
 */
const BY_TEXT: ReadonlyMap<string, SeverityNumber> = new Map([
  ...names(1, "TRACE", "TRC", "FINEST", "VERBOSE", "V", "T", "SILLY"),
  ...names(5, "DEBUG", "DEBU", "DBG", "D", "FINE", "FINER", "CONFIG"),
  ...names(9, "INFO", "INF", "I", "INFORMATION", "INFORMATIONAL", "LOG", "HTTP", "OK", "SUCCESS"),
  ...names(10, "NOTICE", "NOTE", "N"),
  ...names(13, "WARN", "WARNING", "WRN", "W"),
  ...names(17, "ERROR", "ERR", "ERRO", "EROR", "E", "SEVERE", "FAIL", "FAILURE"),
  ...names(18, "CRITICAL", "CRIT", "CRT", "C", "DPANIC"),
  ...names(19, "ALERT"),
  ...names(21, "FATAL", "FATA", "FTL", "F", "PANIC", "EMERG", "EMERGENCY"),
]);

function names(severity: SeverityNumber, ...texts: string[]): [string, SeverityNumber][] {
  return texts.map((text) => [text, severity]);
}

const BASES: ReadonlyMap<string, SeverityNumber> = new Map([
  ["TRACE", 1],
  ["DEBUG", 5],
  ["INFO", 9],
  ["WARN", 13],
  ["ERROR", 17],
  ["FATAL", 21],
]);

/** `ERROR3`, `SEVERITY_NUMBER_ERROR3` and the like: OpenTelemetry's own short names. */
function shortName(text: string): SeverityNumber {
  const match = /^(?:SEVERITY_NUMBER_)?(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)([1-4])?$/.exec(text);
  if (match === null) return 0;
  return (BASES.get(match[1] ?? "") ?? 0) + (match[2] === undefined ? 0 : Number(match[2]) - 1);
}

/** Numeric levels: pino and bunyan use 10 to 60; single digits are syslog's, 0 the gravest. */
function numericText(value: number): SeverityNumber {
  if (value >= 60) return 21;
  if (value >= 50) return 17;
  if (value >= 40) return 13;
  if (value >= 30) return 9;
  if (value >= 20) return 5;
  if (value >= 10) return 1;
  return [21, 19, 18, 17, 13, 10, 9, 5][value] ?? 0;
}

const MAX_TEXT = 32;
const PUNCTUATION = /^[\s[(<"']+|[\s\])>"':]+$/g;

/** The number for a logger's own word; 0 where the word says nothing known. */
export function severityFromText(text: string): SeverityNumber {
  if (text.length === 0 || text.length > MAX_TEXT) return 0;
  const word = text.replace(PUNCTUATION, "").toUpperCase();
  const known = BY_TEXT.get(word) ?? shortName(word);
  if (known > 0) return known;
  return /^\d{1,2}$/.test(word) ? numericText(Number(word)) : 0;
}

/** The number decides; text stands in where the number is absent or out of range. */
export function severityOf(number: number, text: string): SeverityNumber {
  if (Number.isInteger(number) && number >= 1 && number <= MAX_SEVERITY) return number;
  return severityFromText(text);
}

const HEAD_LENGTH = 96;
const LEVEL_WORD =
  /(?:^|[\s[(|<="':])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL|PANIC|EMERG)(?=$|[\s\])|>,"':])/;
/** A number counts only as a JSON field: `compression level=3` is no severity. */
const LEVEL_FIELD =
  /(?:level|severity|lvl)(?:["']\s*:\s*["']?(?<json>[A-Za-z]{1,12}|\d{1,2})|\s*[:=]\s*["']?(?<text>[A-Za-z]{1,12}))\b/;
const KLOG = /^([IWEF])\d{4} \d{2}:\d{2}:\d{2}/;

/**
 * Collectors without a severity parser leave all in the body. Looks only where a header stands: capital level
 * words, a klog prefix, a level field of JSON or logfmt; what stands first counts. 0 where nothing is said.
 */
export function severityFromBody(body: string): SeverityNumber {
  const head = body.length > HEAD_LENGTH ? body.slice(0, HEAD_LENGTH) : body;
  const klog = KLOG.exec(head);
  if (klog !== null) return severityFromText(klog[1] ?? "");
  const word = LEVEL_WORD.exec(head);
  const field = LEVEL_FIELD.exec(head);
  if (word !== null && word.index < (field?.index ?? Infinity)) return severityFromText(word[1] ?? "");
  return severityFromText(field?.groups?.["json"] ?? field?.groups?.["text"] ?? "");
}
