export const FAULT_CLASSES = [
  "code_defect",
  "configuration",
  "resource_exhaustion",
  "dependency_failure",
  "network",
  "certificate",
  "overload",
  "data",
  "authentication",
  "infrastructure",
  "unknown",
] as const;
/** What kind of thing broke: a closed list, so that answers can be compared. */
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** How software of any make words these faults; the first class that matches a template wins its vote. */
const WORDING: readonly (readonly [FaultClass, RegExp])[] = [
  [
    "certificate",
    /certificate (?:has )?expired|certificate is not (?:yet )?valid|cert(?:ificate)? verif|x509|unknown authority|\bCERT_HAS_EXPIRED\b/i,
  ],
  [
    "network",
    /no such host|ENOTFOUND|EAI_AGAIN|SERVFAIL|NXDOMAIN|name resol(?:ver|ution)|getaddrinfo|no route to host|network is unreachable|ENETUNREACH|EHOSTUNREACH/i,
  ],
  [
    "overload",
    /overload|load shed|shedding load|too many requests|\b429\b|queue (?:is )?full|backpressure|saturated|rate.?limit/i,
  ],
  [
    "resource_exhaustion",
    /out of memory|\bOOM\b|heap space|no space left|disk full|pool exhausted|too many open files|EMFILE|connection pool|exhausted|quota exceeded|cannot allocate/i,
  ],
  [
    "code_defect",
    /panic|nil pointer|null pointer|NullPointer|undefined is not|TypeError|KeyError|AttributeError|index out of (?:range|bounds)|segfault|SIGSEGV|assertion failed|unhandled exception|stack overflow/i,
  ],
  [
    "authentication",
    /unauthori[sz]ed|forbidden|invalid token|token is expired|permission denied|access denied|\b40[13]\b/i,
  ],
  [
    "data",
    /constraint|duplicate key|deadlock|serialization failure|malformed|parse error|schema|corrupt|migration/i,
  ],
  [
    "dependency_failure",
    /https?:\/\/\S+|upstream|connection refused|ECONNREFUSED|ECONNRESET|bad gateway|service unavailable|\b50[234]\b/i,
  ],
  ["configuration", /missing (?:env|config|setting)|invalid config|unknown option|not configured/i],
  ["infrastructure", /node not ready|evicted|preempt|hardware|I\/O error|read-only file system|kernel/i],
];

/** Every caller of what broke says so: the echo counts less than the voice. */
const ECHO_WEIGHT = 0.25;

function classOf(template: string): FaultClass {
  return WORDING.find(([, pattern]) => pattern.test(template))?.[0] ?? "unknown";
}

/** The class that the templates speak of, the first of them counting most; `unknown` where none does. */
export function faultClassOf(templates: readonly string[]): FaultClass {
  const votes = new Map<FaultClass, number>();
  for (const [i, template] of templates.entries()) {
    const found = classOf(template);
    const weight = found === "dependency_failure" ? ECHO_WEIGHT : 1;
    if (found !== "unknown") votes.set(found, (votes.get(found) ?? 0) + weight / (1 + i));
  }
  const [most] = [...votes].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most?.[0] ?? "unknown";
}

/** An address of the public internet: another company's service. */
const FOREIGN =
  /https?:\/\/(?!(?:localhost|127\.|10\.|192\.168\.))[\w-]+(?:\.[\w-]+)*\.(?:com|net|io|org|dev|cloud|co|ai)\b/i;

const EXTERNAL: ReadonlySet<FaultClass> = new Set(["certificate", "network", "overload", "infrastructure"]);

/** Whether the fault comes, as a rule, from outside the own code and configuration. */
export function isExternal(faultClass: FaultClass, templates: readonly string[]): boolean {
  const foreign = faultClass === "dependency_failure" && templates.some((template) => FOREIGN.test(template));
  return foreign || EXTERNAL.has(faultClass);
}
