import { createHash } from "node:crypto";
import type { Response } from "express";
import { STRICT_CSP } from "../api/headers.ts";
import { escapeHtml } from "./html.ts";

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}" +
  "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}" +
  "code,pre{font:14px ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}pre{margin:.25rem 0}" +
  "svg{width:100%;height:auto}small{color:#555}time{white-space:nowrap}";

const CSP = `${STRICT_CSP}; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;

/** A whole page; `body` is HTML already, `title` is not. */
export function layout(title: string, body: string): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>\n`,
  ].join("\n");
}

/** Under a policy that allows the page's own style and nothing else. */
export function sendPage(res: Response, html: string): void {
  res.set("Content-Security-Policy", CSP).type("html").send(html);
}
