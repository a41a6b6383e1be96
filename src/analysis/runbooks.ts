import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Alert } from "../alert/alert.ts";
import { clip } from "./printable.ts";

const MAX_RUNBOOKS = 500;
const MAX_FILE_BYTES = 262_144;
const MAX_TEXT_CHARS = 6_000;

/** One Markdown file: which services and messages it is about, and what it says. */
export interface Runbook {
  /** The file's name without `.md`. */
  readonly name: string;
  readonly services: readonly string[];
  /** Plain words that must stand in a template; no regular expressions. */
  readonly patterns: readonly string[];
  readonly text: string;
}

const FRONT = /^---\r?\n([\s\S]{0,4096}?)\r?\n---\r?\n/;

function list(front: string, key: string): string[] {
  const line = new RegExp(`^${key}s?:[ \\t]*(.*)$`, "im").exec(front)?.[1] ?? "";
  return line
    .replace(/^\[|\]$/g, "")
    .split(",")
    .map((part) =>
      part
        .trim()
        .replace(/^["']|["']$/g, "")
        .toLowerCase(),
    )
    .filter((part) => part !== "");
}

/** `services:` and `patterns:` in a front matter; without one, the file's name is the service. */
export function parseRunbook(file: string, content: string): Runbook {
  const name = file.replace(/\.md$/i, "");
  const front = FRONT.exec(content)?.[1] ?? "";
  const services = list(front, "service");
  const patterns = list(front, "pattern");
  return {
    name,
    services: services.length === 0 && patterns.length === 0 ? [name.toLowerCase()] : services,
    patterns,
    text: clip(content.replace(FRONT, "").trim(), MAX_TEXT_CHARS),
  };
}

/** The Markdown files of a folder; none where it cannot be read. */
export function readRunbooks(folder: string): readonly Runbook[] {
  try {
    return readdirSync(folder)
      .filter((file) => /\.md$/i.test(file) && !/^readme\.md$/i.test(file))
      .toSorted()
      .slice(0, MAX_RUNBOOKS)
      .filter((file) => statSync(join(folder, file)).size <= MAX_FILE_BYTES)
      .map((file) => parseRunbook(file, readFileSync(join(folder, file), "utf8")));
  } catch {
    return [];
  }
}

/** The runbook that fits an alert: by a message first, by the blamed service next, by an affected one last. */
export function matchRunbook(runbooks: readonly Runbook[], alert: Alert): Runbook | null {
  const templates = alert.evidence.map(({ template }) => (template ?? "").toLowerCase());
  const byPattern = runbooks.find(({ patterns }) =>
    patterns.some((pattern) => templates.some((template) => template.includes(pattern))),
  );
  if (byPattern !== undefined) return byPattern;
  const services = [alert.suspectedService ?? "", ...alert.affectedServices].map((service) =>
    service.toLowerCase(),
  );
  for (const service of services) {
    const found = runbooks.find((runbook) => service !== "" && runbook.services.includes(service));
    if (found !== undefined) return found;
  }
  return null;
}
