import type { IncomingHttpHeaders } from "node:http";

/** Browsers keep a preflight no longer than two hours. */
const MAX_AGE_S = 7_200;
const MAX_REQUESTED_LENGTH = 1_024;
const FIELD_NAMES = /^[!#$%&'*+.^_`|~0-9a-z-]+(?: *, *[!#$%&'*+.^_`|~0-9a-z-]+)*$/i;

const ANY = "*";
const LABELS = "[a-z0-9-]+(?:\\.[a-z0-9-]+)*";
const PORT = "\\d+";

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
}

/** A wildcard stands for the labels before a domain, or for any port; never for another separator. */
function patternOf(origin: string): RegExp {
  const lower = origin.toLowerCase();
  const anyPort = lower.endsWith(`:${ANY}`);
  const host = anyPort ? lower.slice(0, -ANY.length) : lower;
  return new RegExp(`^${host.split(ANY).map(escaped).join(LABELS)}${anyPort ? PORT : ""}$`);
}

/**
 * Which browser origins may send: exact ones, `https://*.example.com`, or `*`. The origin is echoed and credentials
 * are allowed, because the browser's beacon, which the SDK sends its last logs with, always asks for both; there are
 * no cookies here that this could give away.
 */
export class Cors {
  readonly #any: boolean;
  readonly #patterns: readonly RegExp[];

  constructor(origins: readonly string[]) {
    this.#any = origins.includes(ANY);
    this.#patterns = origins.filter((origin) => origin !== ANY).map(patternOf);
  }

  allows(origin: string): boolean {
    const lower = origin.toLowerCase();
    return this.#any || this.#patterns.some((pattern) => pattern.test(lower));
  }

  /** For every answer, errors too: without them a page cannot even see that it was refused. */
  answerHeaders({ origin }: IncomingHttpHeaders): readonly string[] {
    const vary = ["Vary", "Origin"];
    if (origin === undefined || !this.allows(origin)) return vary;
    return [...vary, ...allowed(origin), "Access-Control-Expose-Headers", "Retry-After"];
  }

  preflightHeaders(headers: IncomingHttpHeaders): readonly string[] {
    const { origin } = headers;
    const flat = ["Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"];
    if (origin === undefined || !this.allows(origin)) return flat;
    flat.push(...allowed(origin), "Access-Control-Allow-Methods", "POST");
    const requested = headers["access-control-request-headers"] ?? "";
    if (requested.length <= MAX_REQUESTED_LENGTH && FIELD_NAMES.test(requested)) {
      flat.push("Access-Control-Allow-Headers", requested);
    }
    flat.push("Access-Control-Max-Age", String(MAX_AGE_S));
    return flat;
  }
}

function allowed(origin: string): readonly string[] {
  return ["Access-Control-Allow-Origin", origin, "Access-Control-Allow-Credentials", "true"];
}
