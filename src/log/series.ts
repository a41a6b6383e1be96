/** What shares a baseline: production and staging never do. */
export interface Series {
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
}

export const UNKNOWN_SERVICE = "unknown_service";
export const DEFAULT_ENVIRONMENT = "production";
export const MAX_NAME_LENGTH = 255;

/** Unit separator: no part may contain it, so keys cannot collide. */
const SEPARATOR = "\u001f";

export function seriesKey(series: Series): string {
  return `${series.environment}${SEPARATOR}${series.namespace}${SEPARATOR}${series.service}`;
}

/** The service's name inside a key. */
export function serviceOfKey(key: string): string {
  return key.slice(key.lastIndexOf(SEPARATOR) + 1);
}

/** The series with this key. */
export function seriesOfKey(key: string): Series {
  const [environment = "", namespace = "", service = ""] = key.split(SEPARATOR);
  return { environment, namespace, service };
}

/** FNV-1a, 32 bit: enough to keep two shortened names apart. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** Control and direction characters would let a name rewrite a terminal or a message. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name as we keep it: trimmed, printable, at most 255 characters, a long one ends in a hash of the whole. */
export function cleanName(name: string): string {
  const printable = name.replace(UNSAFE, "").trim();
  const short =
    printable.length <= MAX_NAME_LENGTH
      ? printable
      : `${printable.slice(0, MAX_NAME_LENGTH - 9)}~${fnv1a(name)}`;
  // Half a character, sent or cut, is no valid UTF-8.
  return short.toWellFormed();
}

/** Tried in this order where `service.name` is missing or an SDK's `unknown_service:…`. */
export const SERVICE_FALLBACKS = [
  "k8s.deployment.name",
  "k8s.statefulset.name",
  "k8s.daemonset.name",
  "k8s.cronjob.name",
  "k8s.job.name",
  "k8s.container.name",
  "k8s.pod.name",
  "container.name",
  "host.name",
] as const;

/** Pods end in generated parts, `cart-7d9f8b6c5-x2x4z` is `cart`; Kubernetes writes them without vowels, 0, 1 and 3. */
const POD_SUFFIX = /(-[bcdfghj-np-tv-xz24-9]{6,10})?-[bcdfghj-np-tv-xz24-9]{5}$/;

function fallbackName(attribute: (key: string) => string, scopeName: string): string {
  for (const key of SERVICE_FALLBACKS) {
    const value = attribute(key);
    if (value !== "") return key === "k8s.pod.name" ? value.replace(POD_SUFFIX, "") : value;
  }
  return scopeName;
}

/** The series of a resource. `attribute` returns "" for what is not there. */
export function seriesOf(attribute: (key: string) => string, scopeName = ""): Series {
  const given = cleanName(attribute("service.name"));
  const named = given !== "" && given !== UNKNOWN_SERVICE && !given.startsWith(`${UNKNOWN_SERVICE}:`);
  const service = named ? given : cleanName(fallbackName(attribute, scopeName)) || given || UNKNOWN_SERVICE;
  const environment =
    cleanName(attribute("deployment.environment.name")) || cleanName(attribute("deployment.environment"));
  return {
    environment: environment || DEFAULT_ENVIRONMENT,
    namespace: cleanName(attribute("service.namespace")),
    service,
  };
}
