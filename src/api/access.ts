import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import { fail } from "./failure.ts";

/** Who may call a route: anybody, holders of the API token, or those of the ingest token as well. */
export type Access = "open" | "api" | "ingest";

export interface Tokens {
  readonly api: string | null;
  readonly ingest: string | null;
}

const MAX_HEADER_LENGTH = 1_024;

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function bearer(req: Request): string | null {
  const header = req.get("authorization") ?? "";
  if (header.length > MAX_HEADER_LENGTH) return null;
  return /^Bearer +([^\s]+) *$/i.exec(header)?.[1] ?? null;
}

/** Compares with every token, always to the end, so that the time taken tells nothing. */
function isOneOf(given: string, digests: readonly Buffer[]): boolean {
  const wanted = digest(given);
  let found = false;
  for (const known of digests) found = timingSafeEqual(wanted, known) || found;
  return found;
}

function tokensFor(access: Access, tokens: Tokens): readonly string[] {
  if (access === "open") return [];
  const known = access === "api" ? [tokens.api] : [tokens.api, tokens.ingest];
  return known.filter((token) => token !== null);
}

/** Lets a request through that carries one of the tokens for `access`; all, where none is configured. */
export function requireToken(access: Access, tokens: Tokens): RequestHandler {
  const digests = tokensFor(access, tokens).map(digest);
  return (req, res, next) => {
    const given = bearer(req);
    if (digests.length === 0 || (given !== null && isOneOf(given, digests))) {
      next();
      return;
    }
    fail(res, "unauthorized", "a valid token is needed: Authorization: Bearer …", {
      "WWW-Authenticate": 'Bearer realm="tocsin"',
    });
  };
}

function isForeignOrigin(req: Request): boolean {
  const site = req.get("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = req.get("origin");
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== req.get("host");
}

/** A page of another site must not change anything through a visitor's browser. */
export const refuseForeignPages: RequestHandler = (req, res, next) => {
  const reads = req.method === "GET" || req.method === "HEAD";
  if (reads || !isForeignOrigin(req)) next();
  else fail(res, "forbidden", "requests from pages of another site are not accepted");
};
