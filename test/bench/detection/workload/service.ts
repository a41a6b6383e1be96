import type { Random } from "../random.ts";

/** `A` is smooth and close to what the models assume; `B` breaks their assumptions. */
export type GeneratorName = "A" | "B";

export const SHAPES = ["diurnal", "business", "flat", "nightly_batch", "hourly_cron"] as const;
export type Shape = (typeof SHAPES)[number];

/** What generator B does to a service beside its noise. */
export const HOSTILITIES = [
  "none",
  "hawkes",
  "odd_period",
  "batched",
  "pareto",
  "jittered_cron",
  "retries",
] as const;
export type Hostility = (typeof HOSTILITIES)[number];

/** A kind of message. `body` gives one line of it; the number changes what varies. */
export interface MessageKind {
  readonly body: (n: number) => string;
  readonly severity: number;
  readonly exceptionType: string | null;
}

export interface WeightedMessage {
  readonly kind: MessageKind;
  /** Share of the service's records. */
  readonly share: number;
}

export interface ServiceProfile {
  readonly index: number;
  readonly name: string;
  /** Mean over the day, in records per minute. */
  readonly perMinute: number;
  readonly shape: Shape;
  readonly noise: { readonly sd: number; readonly tauMin: number; readonly isHeavyTailed: boolean };
  readonly hostility: Hostility;
  /** Length of the main period in hours; a day but for `odd_period`. */
  readonly periodHours: number;
  readonly errorShare: number;
  /** Errors come in clusters of one trace, of this size on average. */
  readonly clusterSize: number;
  readonly trendPerDay: number;
  readonly normal: readonly WeightedMessage[];
  readonly errors: readonly WeightedMessage[];
  readonly pods: number;
  /** Faults per week while faults are injected. */
  readonly density: number;
}

const INFO = 9;
const WARN = 13;
export const ERROR = 17;
export const FATAL = 21;

const NAMES = [
  "payment", "cart", "checkout", "search", "catalog", "pricing", "stock", "login", "session", "profile",
  "mailer", "invoice", "ledger", "gateway", "router", "billing", "ranking", "export", "import", "audit",
  "cache", "quota", "notify", "review", "media", "thumbs", "geo", "tax", "fraud", "refund",
] as const; // prettier-ignore
const VERBS = [
  "placed",
  "loaded",
  "stored",
  "sent",
  "read",
  "merged",
  "queued",
  "closed",
  "opened",
  "checked",
];
const NOUNS = ["order", "basket", "page", "row", "batch", "token", "ticket", "file", "event", "key"];
const CAUSES = ["timed out", "refused", "not found", "is locked", "broke off", "is full", "was denied"];
const EXCEPTIONS = ["TimeoutError", "ConnectionError", "LookupError", "LockError", "IOError", "QuotaError"];

/** Densities of faults per service and week, in turn: precision moves with them, false alerts must not. */
export const DENSITIES = [3, 0.25, 3, 1] as const;

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("an empty list");
  return item;
}

export function infoMessage(service: string, n: number): MessageKind {
  const [noun, verb] = [at(NOUNS, n), at(VERBS, n * 7 + 3)];
  const tail = n < NOUNS.length ? "" : ` by step${at(["alpha", "beta", "gamma", "delta", "omega"], n)}`;
  return {
    body: (i) => `${noun} ${1_000 + i} ${verb} for ${service}${tail} in ${1 + (i % 97)} ms`,
    severity: INFO,
    exceptionType: null,
  };
}

function warnMessage(service: string, n: number): MessageKind {
  const [noun, cause] = [at(NOUNS, n * 3), at(CAUSES, n)];
  return {
    body: (i) => `slow ${noun} ${i}: attempt ${1 + (i % 5)} ${cause} at ${service}`,
    severity: WARN,
    exceptionType: null,
  };
}

/** `label` makes it another template. */
export function errorMessage(service: string, n: number, label = "", severity = ERROR): MessageKind {
  const [noun, cause, exceptionType] = [at(NOUNS, n * 5 + 1), at(CAUSES, n), at(EXCEPTIONS, n)];
  return {
    body: (i) => `${label}${exceptionType}: ${noun} ${i} ${cause} in ${service} after ${5 + (i % 300)} ms`,
    severity,
    exceptionType,
  };
}

/** A new template at INFO, `n` of a flood. */
export function floodMessage(service: string, n: number): MessageKind {
  const letters = String.fromCharCode(97 + (n % 26), 97 + ((n * 7) % 26), 97 + ((n * 11 + 5) % 26));
  return {
    body: (i) => `migrating ${letters}${at(NOUNS, n)} of ${service}: part ${i}`,
    severity: INFO,
    exceptionType: null,
  };
}

export function asWarning(kind: MessageKind): MessageKind {
  return { ...kind, severity: WARN };
}

function zipf(count: number, total: number, message: (n: number) => MessageKind): WeightedMessage[] {
  const weights = Array.from({ length: count }, (_, i) => 1 / (i + 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight, i) => ({ kind: message(i), share: (total * weight) / sum }));
}

function hostilityOf(generator: GeneratorName, index: number): Hostility {
  return generator === "A" ? "none" : at(HOSTILITIES, index);
}

function shapeOf(index: number, hostility: Hostility): Shape {
  if (hostility === "jittered_cron") return "hourly_cron";
  if (hostility === "odd_period") return "diurnal";
  return at(SHAPES, index);
}

/** One service, drawn as section 5.12 of the protocol says: rates of 10^U(−1.3, 3.5) per minute, AR(1) noise. */
export function drawService(
  generator: GeneratorName,
  index: number,
  random: Random,
  maxPerMinute: number,
): ServiceProfile {
  const name = `${at(NAMES, index)}${index < NAMES.length ? "" : `-${Math.floor(index / NAMES.length)}`}`;
  const hostility = hostilityOf(generator, index);
  const errorShare = 10 ** random.between(-3.3, -1.5);
  const warnShare = random.between(0.01, 0.05);
  return {
    index,
    name,
    perMinute: Math.min(maxPerMinute, 10 ** random.between(-1.3, 3.5)),
    shape: shapeOf(index, hostility),
    noise: {
      sd: random.between(0.03, 0.25),
      tauMin: random.betweenLog(10, 120),
      isHeavyTailed: generator === "B" && index % 2 === 0,
    },
    hostility,
    periodHours: hostility === "odd_period" ? random.pick([36, 144]) : 24,
    errorShare,
    clusterSize: random.between(1, 4),
    trendPerDay: random.chance(0.3) ? random.between(-0.02, 0.02) : 0,
    normal: [
      ...zipf(random.int(5, 8), 1 - errorShare - warnShare, (n) => infoMessage(name, n)),
      ...zipf(random.int(1, 2), warnShare, (n) => warnMessage(name, n)),
    ],
    errors: zipf(random.int(1, 3), errorShare, (n) => errorMessage(name, n)),
    pods: random.int(2, 6),
    density: at(DENSITIES, index),
  };
}
