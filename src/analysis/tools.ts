import { z } from "zod";
import type { Tool } from "@anthropic-ai/sdk/resources/messages";
import type { Alert, Evidence } from "../alert/alert.ts";
import { formatTime, MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { PackContext } from "./pack.ts";
import { clip } from "./printable.ts";
import { NO_RECALL, type Recall, type RecalledTemplate } from "./recall.ts";
import { redact } from "./redact.ts";
import { TOOLS } from "./tool-schemas.ts";

const MAX_RESULT_CHARS = 8_000;
const MAX_FOUND = 12;
const MAX_COMPARED = 20;
const MAX_CONTEXT = 30;
const MAX_WORD_CHARS = 200;
const CONTEXT_WITHIN_MS = MINUTE_MS;
/** Items around one on the time line. */
const AROUND = 6;
const MAX_WINDOW_MINUTES = 60;
const MAX_EARLIER_MINUTES = 110;

/** Read-only tools over what is kept of one alert: no query language, no address, no command ever comes from the model. */
export interface Toolbox {
  readonly tools: readonly Tool[];
  /** The result as JSON text, redacted and bounded; a problem is said in words of ours alone. */
  run(name: string, input: unknown): { readonly text: string; readonly isError: boolean };
  /** Each item that was handed out, by its id: an answer may quote it as it may quote the pack. */
  seen(): ReadonlyMap<string, string>;
}

export interface ToolboxOptions {
  /** No line of any log, no diff. */
  readonly templatesOnly?: boolean;
  readonly recall?: Recall;
  /** The runbook, and the alerts that look alike. */
  readonly context?: Pick<PackContext, "runbook" | "similar">;
}

const Text = z.object({ text: z.string().trim().min(1).max(MAX_WORD_CHARS) });
const Id = z.object({ id: z.string().max(20) });
const Around = z.object({ id: z.string().max(20), all_services: z.boolean().default(true) });
const Compared = z.object({
  service: z.string().max(300),
  minutes: z.number().int().min(1).max(MAX_WINDOW_MINUTES),
  earlier: z.number().int().min(1).max(MAX_EARLIER_MINUTES),
});

type Item = Readonly<Record<string, unknown>>;
/** A text is a problem, in words of ours. */
type Answered = readonly Item[] | string;

const NO_SUCH_ITEM = "there is no such item";

function time(timeMs: EpochMs): string | null {
  return Number.isFinite(timeMs) ? formatTime(Math.floor(timeMs)) : null;
}

function shown({ id, kind, service, template, count, expected, note, firstSeenAtMs }: Evidence): Item {
  const first_seen_at = time(Math.floor(firstSeenAtMs / 1000) * 1000);
  return {
    id,
    kind,
    service,
    template,
    count,
    expected: expected ?? null,
    note: note ?? null,
    first_seen_at,
  };
}

function byOnset(items: readonly Evidence[]): Evidence[] {
  return items.toSorted((a, b) => a.firstSeenAtMs - b.firstSeenAtMs);
}

/** Every string by itself: once it is escaped in JSON, a pattern may not know a secret any more. */
function redacted(value: unknown): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, redacted(child)]));
}

function redactedItem(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([key, child]) => [key, redacted(child)]));
}

/** The tools of one alert. Items that are no evidence get ids of their own: `T…` templates, `L…` lines. */
class AlertToolbox implements Toolbox {
  readonly tools = TOOLS;
  readonly #alert: Alert;
  readonly #options: Required<ToolboxOptions>;
  readonly #seen = new Map<string, string>();
  /** Ids of templates and lines, by what they are. */
  readonly #ids = new Map<string, string>();

  constructor(alert: Alert, options: Required<ToolboxOptions>) {
    this.#alert = alert;
    this.#options = options;
  }

  seen(): ReadonlyMap<string, string> {
    return this.#seen;
  }

  run(name: string, input: unknown): { readonly text: string; readonly isError: boolean } {
    // The model writes names in another case now and then.
    switch (name.toLowerCase()) {
      case "compare_windows":
        return this.#bounded(this.#compare(input), MAX_COMPARED);
      case "get_context":
        return this.#bounded(this.#around(input), MAX_CONTEXT);
      case "get_examples":
        return this.#bounded(this.#examples(input));
      case "get_runbook":
        return this.#bounded(this.#runbook());
      case "list_changes":
        return this.#bounded(this.#changes());
      case "search_templates":
        return this.#bounded(this.#search(input));
      case "similar_alerts":
        return this.#bounded(
          this.#options.context.similar?.map((one) => ({ ...one })) ?? "there is none that looks alike",
        );
      case "timeline":
        return this.#bounded(this.#timeline(input));
      default:
        return this.#bounded("there is no such tool");
    }
  }

  #find(id: string): Evidence | undefined {
    return this.#alert.evidence.find((item) => item.id === id.trim().toUpperCase());
  }

  #id(letter: "T" | "L", what: string): string {
    const known = this.#ids.get(what);
    if (known !== undefined) return known;
    const id = `${letter}${this.#ids.size + 1}`;
    this.#ids.set(what, id);
    return id;
  }

  #recalled(): readonly RecalledTemplate[] {
    return this.#options.recall.templates(this.#alert.environment);
  }

  #templateItem({ service, level, template, firstSeenAtMs, lastSeenAtMs }: RecalledTemplate): Item {
    return {
      id: this.#id("T", `${service}\u001f${template}`),
      service,
      level,
      template,
      first_seen_at: time(firstSeenAtMs),
      last_seen_at: time(lastSeenAtMs),
    };
  }

  #search(input: unknown): Answered {
    const parsed = Text.safeParse(input);
    if (!parsed.success) return `text is needed, at most ${MAX_WORD_CHARS} characters`;
    const wanted = parsed.data.text.toLowerCase();
    const items = this.#alert.evidence
      .filter((item) => JSON.stringify(shown(item)).toLowerCase().includes(wanted))
      .map(shown);
    const { startMs, endMs } = this.#alert.window;
    const known = new Set(this.#alert.evidence.map(({ service, template }) => `${service}\u001f${template}`));
    const others = this.#recalled()
      .filter(({ service, template }) => !known.has(`${service}\u001f${template}`))
      .filter(({ service, template }) => `${service} ${template}`.toLowerCase().includes(wanted))
      .map((one) => ({ ...this.#templateItem(one), count_in_window: one.count(startMs, endMs) }))
      .toSorted((a, b) => b.count_in_window - a.count_in_window);
    return [...items, ...others];
  }

  #compare(input: unknown): Answered {
    const parsed = Compared.safeParse(input);
    if (!parsed.success)
      return `service, minutes (1 to ${MAX_WINDOW_MINUTES}) and earlier (1 to ${MAX_EARLIER_MINUTES}) are needed`;
    const { service, minutes, earlier } = parsed.data;
    const nowMs = this.#alert.detectedAtMs;
    const thenMs = nowMs - earlier * MINUTE_MS;
    const lengthMs = minutes * MINUTE_MS;
    const counted = this.#recalled()
      .filter((one) => one.service.toLowerCase() === service.trim().toLowerCase())
      .map((one) => ({
        ...this.#templateItem(one),
        before: one.count(thenMs - lengthMs, thenMs),
        now: one.count(nowMs - lengthMs, nowMs),
      }))
      .filter(({ before, now }) => before > 0 || now > 0);
    if (counted.length === 0) return "nothing of this service is in memory any more";
    const change = ({ before, now }: { readonly before: number; readonly now: number }): number =>
      Math.abs(Math.log((now + 1) / (before + 1))) * Math.sqrt(now + before);
    return counted.toSorted((a, b) => change(b) - change(a));
  }

  #around(input: unknown): Answered {
    const parsed = Around.safeParse(input);
    const item = parsed.success ? this.#find(parsed.data.id) : undefined;
    if (!parsed.success || item === undefined) return NO_SUCH_ITEM;
    const { recall, templatesOnly } = this.#options;
    const lines = recall.lines({
      environment: this.#alert.environment,
      service: parsed.data.all_services ? null : item.service,
      aroundMs: item.firstSeenAtMs,
      withinMs: CONTEXT_WITHIN_MS,
      limit: MAX_CONTEXT,
    });
    if (lines.length === 0) return "the records around it are not in memory any more";
    return lines.map(({ timeMs, service, level, template, line, traceId }) => ({
      id: this.#id("L", `${timeMs} ${service} ${line}`),
      at: time(timeMs),
      service,
      level,
      ...(templatesOnly ? { template } : { line, trace: traceId }),
    }));
  }

  #examples(input: unknown): Answered {
    const parsed = Id.safeParse(input);
    const item = parsed.success ? this.#find(parsed.data.id) : undefined;
    if (item === undefined) return NO_SUCH_ITEM;
    if (this.#options.templatesOnly) return "examples are not sent from here";
    const recalled = this.#recalled().find(
      ({ service, template }) => service === item.service && template === item.template,
    );
    const examples = new Set([...item.examples, ...(recalled?.examples ?? [])]);
    return [{ ...shown(item), examples: [...examples] }];
  }

  #changes(): Answered {
    return this.#alert.evidence
      .filter(({ kind }) => kind === "change")
      .map((item) => ({
        ...shown(item),
        change: item.change,
        examples: this.#options.templatesOnly ? [] : item.examples,
      }));
  }

  #runbook(): Answered {
    const { runbook = null } = this.#options.context;
    return runbook === null ? "there is none that fits" : [{ ...runbook }];
  }

  #timeline(input: unknown): Answered {
    const parsed = Id.safeParse(input);
    const item = parsed.success ? this.#find(parsed.data.id) : undefined;
    if (item === undefined) return NO_SUCH_ITEM;
    const ordered = byOnset(this.#alert.evidence);
    const at = ordered.indexOf(item);
    return ordered.slice(Math.max(0, at - AROUND), at + AROUND + 1).map(shown);
  }

  /** The same item may be asked for in several ways: all that was said of it may be quoted. */
  #see(id: string, text: string): void {
    this.#seen.set(id, `${this.#seen.get(id) ?? ""} ${text}`);
  }

  /** As many items as fit, each whole; every string has been through the redactor. */
  #bounded(found: Answered, most = MAX_FOUND): { text: string; isError: boolean } {
    if (typeof found === "string") return { text: JSON.stringify({ problem: found }), isError: true };
    const clean = found.slice(0, most).map(redactedItem);
    for (let count = clean.length; ; count--) {
      const items = clean.slice(0, count);
      const whole = { trust: "untrusted log text", found: found.length, shown: count, items };
      const text = redact(JSON.stringify(whole, null, 1));
      if (text.length > MAX_RESULT_CHARS && count > 1) continue;
      for (const item of items) {
        if (typeof item["id"] === "string") this.#see(item["id"], redact(JSON.stringify(item)));
      }
      return { text: clip(text, MAX_RESULT_CHARS), isError: false };
    }
  }
}

/** The tools of one alert. */
export function toolbox(alert: Alert, options: ToolboxOptions = {}): Toolbox {
  const { templatesOnly = false, recall = NO_RECALL, context = {} } = options;
  return new AlertToolbox(alert, { templatesOnly, recall, context });
}
