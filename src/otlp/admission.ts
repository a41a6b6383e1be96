import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

import { ACCEPT_ENCODING, codingsOf } from "./content-encoding.ts";
import type { Coding } from "./content-encoding.ts";
import { encodingOf, MEDIA_TYPES } from "./content-type.ts";
import type { Encoding } from "./content-type.ts";
import type { Violation } from "./decode-result.ts";
import type { RequestReason } from "./observation.ts";

export const LOGS_PATH = "/v1/logs";

/** An answer that says no. */
export interface Refusal {
  readonly status: 400 | 401 | 404 | 405 | 413 | 415 | 417 | 503;
  readonly reason: RequestReason;
  readonly message: string;
  readonly headers: readonly string[];
  readonly violation?: Violation | undefined;
}

export interface Admission {
  readonly encoding: Encoding;
  readonly codings: readonly Coding[];
  /** Null for a chunked body. */
  readonly lengthBytes: number | null;
}

export type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers" | "httpVersion">;

export interface AdmissionRules {
  readonly maxBodyBytes: number;
  /** SHA-256 of the bearer token; null lets everyone in. */
  readonly tokenDigest: Buffer | null;
  /** For the Allow header of a 405. */
  readonly methods: string;
}

export function refusal(
  status: Refusal["status"],
  reason: RequestReason,
  message: string,
  headers: readonly string[] = [],
): Refusal {
  return { status, reason, message, headers };
}

/** A refusal that asks the sender to come again. */
export function retryLater(reason: RequestReason, message: string, retryAfterS: number): Refusal {
  return refusal(503, reason, message, ["Retry-After", String(retryAfterS)]);
}

export function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** All that can be decided before the body is read. */
export function admit(head: RequestHead, rules: AdmissionRules): Admission | Refusal {
  return refuseTarget(head, rules) ?? refuseCaller(head, rules) ?? admitBody(head, rules);
}

/** Query, absolute form, doubled and trailing slashes do not matter; a redirect would turn the POST into a GET. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
  return `/${path.split("/").filter(Boolean).join("/")}`;
}

const MAX_SHOWN_PATH = 100;

/** Whether a target is the one that there is here. */
export function isLogsTarget(target: string | undefined): boolean {
  return pathOf(target ?? "/") === LOGS_PATH;
}

function refuseTarget(head: RequestHead, { methods }: AdmissionRules): Refusal | null {
  if (head.httpVersion === "1.1" && head.headers.host === undefined) {
    return refusal(400, "malformed", "Host header missing");
  }
  const path = pathOf(head.url ?? "/");
  if (path !== LOGS_PATH) {
    const shown = path.slice(0, MAX_SHOWN_PATH).replaceAll(/[^\x20-\x7e]/g, "?");
    return refusal(404, "not_found", `nothing at ${shown}: this receiver takes logs only, at ${LOGS_PATH}`);
  }
  if (head.method === "POST") return null;
  return refusal(405, "method", `${LOGS_PATH} takes POST only`, ["Allow", methods]);
}

const BEARER = /^bearer +(\S+) *$/i;

/** Null for whoever shows the token that is asked for. */
export function refuseCaller(
  head: Pick<RequestHead, "headers">,
  rules: Pick<AdmissionRules, "tokenDigest">,
): Refusal | null {
  if (rules.tokenDigest === null) return null;
  const token = BEARER.exec(head.headers.authorization ?? "")?.[1];
  if (token !== undefined && timingSafeEqual(digest(token), rules.tokenDigest)) return null;
  const message = token === undefined ? "bearer token required" : "wrong bearer token";
  return refusal(401, "unauthorized", message, ["WWW-Authenticate", 'Bearer realm="tocsin"']);
}

function admitBody(head: RequestHead, rules: AdmissionRules): Admission | Refusal {
  const { headers } = head;
  const encoding = encodingOf(headers["content-type"]);
  if (encoding === null) {
    const supported = `${MEDIA_TYPES.protobuf}, ${MEDIA_TYPES.json}`;
    return refusal(415, "media_type", `unsupported media type; supported: ${supported}`);
  }
  const codings = codingsOf(headers["content-encoding"]);
  if (codings === null) {
    const message = `unsupported Content-Encoding; supported: ${ACCEPT_ENCODING}`;
    return refusal(415, "coding", message, ["Accept-Encoding", ACCEPT_ENCODING]);
  }
  const chunked = headers["transfer-encoding"] !== undefined;
  const lengthBytes = chunked ? null : Number(headers["content-length"] ?? 0);
  if (lengthBytes !== null && lengthBytes > rules.maxBodyBytes) return tooLarge(rules.maxBodyBytes);
  return { encoding, codings, lengthBytes };
}

export function tooLarge(maxBodyBytes: number): Refusal {
  const message = `request body is larger than ${maxBodyBytes} bytes, as sent or decompressed: send smaller batches`;
  return refusal(413, "too_large", message);
}
