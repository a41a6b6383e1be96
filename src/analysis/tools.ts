import { z } from "zod";
import type { Tool } from "@anthropic-ai/sdk/resources/messages";
import type { Alert, Evidence } from "../alert/alert.ts";
import { formatTime } from "../log/time.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";

const MAX_RESULT_CHARS = 8_000;
const MAX_FOUND = 12;
const MAX_WORD_CHARS = 200;

/** Read-only tools over what is kept of one alert: no query language, no address, no command ever comes from the model. */
export interface Toolbox {
  readonly tools: readonly Tool[];
  /** The result as JSON text, redacted and bounded; a problem is said in words of ours alone. */
  run(name: string, input: unknown): { readonly text: string; readonly isError: boolean };
}

function tool(
  name: string,
  description: string,
  properties: Record<string, { type: string; description: string }>,
): Tool {
  return {
    name,
    description,
    input_schema: {
      type: "object",
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    },
  };
}

/** Sorted by name, so that the bytes before the data are the same for every alert. */
const TOOLS: readonly Tool[] = [
  tool("compare_services", "Counts of every template of two services, now and as expected, by onset.", {
    first: { type: "string", description: "A service of `components`" },
    second: { type: "string", description: "Another one" },
  }),
  tool("get_examples", "All kept examples of one evidence item.", {
    id: { type: "string", description: "The item's id, such as E3" },
  }),
  tool("list_changes", "All known changes of the last hours with what differs, best fit first.", {}),
  tool("search_evidence", "Evidence items, shown or not, that contain a text.", {
    text: { type: "string", description: "Plain text, no pattern" },
  }),
  tool("timeline", "What began, was changed or stopped around an item, in order of time.", {
    id: { type: "string", description: "The item's id" },
  }),
];

const Text = z.object({ text: z.string().max(MAX_WORD_CHARS) });
const Id = z.object({ id: z.string().max(20) });
const Services = z.object({ first: z.string().max(300), second: z.string().max(300) });

function shown(item: Evidence): Record<string, unknown> {
  const { id, kind, service, template, count, expected, note, firstSeenAtMs } = item;
  return {
    id,
    kind,
    service,
    template,
    count,
    expected: expected ?? null,
    note: note ?? null,
    first_seen_at: Number.isFinite(firstSeenAtMs)
      ? formatTime(Math.floor(firstSeenAtMs / 1000) * 1000)
      : null,
  };
}

type Answered = readonly Record<string, unknown>[] | string;

function search(alert: Alert, input: unknown): Answered {
  const parsed = Text.safeParse(input);
  if (!parsed.success) return "text is needed, at most 200 characters";
  const wanted = parsed.data.text.toLowerCase();
  return alert.evidence
    .filter((item) => JSON.stringify(shown(item)).toLowerCase().includes(wanted))
    .map(shown);
}

function examples(alert: Alert, input: unknown, templatesOnly: boolean): Answered {
  const parsed = Id.safeParse(input);
  const item = parsed.success ? find(alert, parsed.data.id) : undefined;
  if (item === undefined) return "there is no such item";
  return templatesOnly ? "examples are not sent from here" : [{ ...shown(item), examples: item.examples }];
}

function find(alert: Alert, id: string): Evidence | undefined {
  return alert.evidence.find((item) => item.id === id.trim().toUpperCase());
}

function changes(alert: Alert, templatesOnly: boolean): Answered {
  return alert.evidence
    .filter(({ kind }) => kind === "change")
    .map((item) => ({ ...shown(item), change: item.change, examples: templatesOnly ? [] : item.examples }));
}

function compare(alert: Alert, input: unknown): Answered {
  const parsed = Services.safeParse(input);
  if (!parsed.success) return "two services are needed";
  const wanted = [parsed.data.first, parsed.data.second].map((service) => service.trim().toLowerCase());
  return byOnset(alert.evidence.filter(({ service }) => wanted.includes(service.toLowerCase()))).map(shown);
}

function byOnset(items: readonly Evidence[]): Evidence[] {
  return items.toSorted((a, b) => a.firstSeenAtMs - b.firstSeenAtMs);
}

const AROUND = 6;

function timeline(alert: Alert, input: unknown): Answered {
  const parsed = Id.safeParse(input);
  const ordered = byOnset(alert.evidence);
  const at = parsed.success ? ordered.findIndex(({ id }) => id === parsed.data.id.trim().toUpperCase()) : -1;
  if (at < 0) return "there is no such item";
  return ordered.slice(Math.max(0, at - AROUND), at + AROUND + 1).map(shown);
}

function bounded(found: Answered): { text: string; isError: boolean } {
  if (typeof found === "string") return { text: JSON.stringify({ problem: found }), isError: true };
  const items = found.slice(0, MAX_FOUND);
  const text = JSON.stringify(
    { trust: "untrusted log text", found: found.length, shown: items.length, items },
    null,
    1,
  );
  const safe = redact(text);
  if (safe.length <= MAX_RESULT_CHARS) return { text: safe, isError: false };
  return { text: clip(safe, MAX_RESULT_CHARS), isError: false };
}

/** The tools of one alert. */
export function toolbox(alert: Alert, templatesOnly = false): Toolbox {
  return {
    tools: TOOLS,
    run(name, input) {
      // The model writes names in another case now and then.
      switch (name.toLowerCase()) {
        case "search_evidence":
          return bounded(search(alert, input));
        case "get_examples":
          return bounded(examples(alert, input, templatesOnly));
        case "list_changes":
          return bounded(changes(alert, templatesOnly));
        case "compare_services":
          return bounded(compare(alert, input));
        case "timeline":
          return bounded(timeline(alert, input));
        default:
          return bounded("there is no such tool");
      }
    },
  };
}
