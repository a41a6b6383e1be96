/**
 * Slack's documented limits, written down from its reference and independent of the code that builds messages. What
 * it finds is what Slack would refuse, or act on.
 */
type Json = Readonly<Record<string, unknown>>;

export interface Surface {
  readonly kind: "message" | "modal";
  /** Mentions that are meant, such as `<!subteam^S123>`. */
  readonly allowed?: readonly string[];
}

const MAX_TEXT = 4_000;
const MAX_TOTAL = 13_000;
const MAX_BLOCKS = { message: 50, modal: 100 } as const;
const MAX_CHARTS = 2;

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entries(value: unknown): readonly Json[] {
  return list(value).filter(isJson);
}

class Faults {
  readonly found: string[] = [];
  total = 0;
  charts = 0;
  readonly surface: Surface;

  constructor(surface: Surface) {
    this.surface = surface;
  }

  when(wrong: boolean, what: string): void {
    if (wrong) this.found.push(what);
  }

  length(value: unknown, min: number, max: number, what: string): void {
    const size = typeof value === "string" ? value.length : -1;
    this.when(size < min || size > max, `${what}: ${size} characters, not ${min} to ${max}`);
    this.when(typeof value === "string" && !value.isWellFormed(), `${what}: half a character`);
  }

  count(values: readonly unknown[], min: number, max: number, what: string): void {
    this.when(values.length < min || values.length > max, `${what}: ${values.length}, not ${min} to ${max}`);
  }

  id(value: unknown, what: string): void {
    if (value !== undefined) this.length(value, 1, 255, what);
  }

  /** What formats, mentions or links. `verbatim`: Slack is told to link nothing by itself. */
  markup(text: string, verbatim: boolean, what: string): void {
    const { allowed = [] } = this.surface;
    for (const [tag] of text.matchAll(/<[^<>]*>/g)) {
      const date = /^<!date\^\d+\^[^|<>]+\|[^<>|]+>$/.test(tag);
      this.when(!date && !allowed.includes(tag), `${what}: live ${tag}`);
    }
    const rest = text.replaceAll(/<[^<>]*>/g, "").replaceAll(/&(?:amp|lt|gt);/g, "");
    this.when(/[<>&]/.test(rest), `${what}: a broken entity in ${JSON.stringify(rest.slice(0, 80))}`);
    this.when(/@(?:here|channel|everyone|group)\b/i.test(rest), `${what}: calls everybody`);
    this.when(/\b(?:https?|ftp|mailto):\/?\/?[\w.]/i.test(rest), `${what}: a URL that clients link`);
    this.when(!verbatim, `${what}: not verbatim`);
    this.when((rest.split("`").length - 1) % 2 !== 0, `${what}: an open code span`);
  }

  text(value: unknown, max: number, what: string, types = ["mrkdwn", "plain_text"]): void {
    if (!isJson(value)) {
      this.when(true, `${what}: no text object`);
      return;
    }
    this.when(!types.includes(String(value["type"])), `${what}: a ${String(value["type"])}`);
    this.length(value["text"], 1, max, what);
    const text = String(value["text"]);
    this.total += text.length;
    if (value["type"] === "mrkdwn") this.markup(text, value["verbatim"] === true, what);
  }

  option(value: Json, what: string): void {
    this.text(value["text"], 75, `${what} option`, ["plain_text"]);
    this.length(value["value"], 1, 75, `${what} option's value`);
  }

  element(value: Json, what: string): void {
    const type = String(value["type"]);
    this.id(value["action_id"], `${what} action id`);
    switch (type) {
      case "button":
        this.text(value["text"], 75, `${what} label`, ["plain_text"]);
        if (value["value"] !== undefined) this.length(value["value"], 1, 2_000, `${what} value`);
        if (value["url"] !== undefined) this.length(value["url"], 1, 3_000, `${what} url`);
        this.when(!["primary", "danger", undefined].includes(value["style"] as string), `${what}: style`);
        return;
      case "static_select": {
        const options = entries(value["options"]);
        this.count(options, 1, 100, `${what} options`);
        for (const option of options) this.option(option, what);
        const values = options.map((option) => option["value"]);
        this.when(new Set(values).size !== values.length, `${what}: two options of one value`);
        const initial = value["initial_option"];
        this.when(isJson(initial) && !values.includes(initial["value"]), `${what}: a choice that is none`);
        return;
      }
      case "plain_text_input":
        this.when(Number(value["max_length"] ?? 1) > 3_000, `${what}: max_length`);
        if (value["placeholder"] !== undefined) this.text(value["placeholder"], 150, what, ["plain_text"]);
        return;
      case "feedback_buttons":
        for (const side of ["positive_button", "negative_button"]) {
          const button = value[side];
          this.text(isJson(button) ? button["text"] : undefined, 75, `${what} ${side}`, ["plain_text"]);
          this.length(isJson(button) ? button["value"] : undefined, 1, 2_000, `${what} ${side}`);
        }
        return;
      default:
        this.when(true, `${what}: an element ${type}`);
    }
  }

  elements(block: Json, max: number, what: string): void {
    const elements = entries(block["elements"]);
    this.count(elements, 1, max, `${what} elements`);
    const ids = elements.map((element) => element["action_id"]).filter((id) => id !== undefined);
    this.when(new Set(ids).size !== ids.length, `${what}: an action id twice`);
    for (const [index, element] of elements.entries()) this.element(element, `${what}[${index}]`);
  }

  chart(block: Json, what: string): void {
    this.charts++;
    this.length(block["title"], 1, 50, `${what} title`);
    const chart = isJson(block["chart"]) ? block["chart"] : {};
    const axis = isJson(chart["axis_config"]) ? chart["axis_config"] : {};
    const categories = list(axis["categories"]);
    this.when(!["line", "bar", "area"].includes(String(chart["type"])), `${what}: type`);
    this.count(categories, 1, 20, `${what} categories`);
    this.when(new Set(categories).size !== categories.length, `${what}: a category twice`);
    for (const label of ["x_label", "y_label"]) this.length(axis[label], 1, 50, `${what} ${label}`);
    const series = entries(chart["series"]);
    this.count(series, 1, 6, `${what} series`);
    for (const one of series) {
      this.length(one["name"], 1, 20, `${what} name`);
      const points = entries(one["data"]);
      this.when(points.length !== categories.length, `${what}: ${points.length} points`);
      for (const [index, point] of points.entries()) {
        this.length(point["label"], 1, 20, `${what} label`);
        this.when(point["label"] !== categories[index], `${what}: a label of no category`);
        this.when(!Number.isFinite(point["value"]), `${what}: no number`);
      }
    }
  }

  block(block: Json, what: string): void {
    this.id(block["block_id"], `${what} id`);
    const isModal = this.surface.kind === "modal";
    switch (block["type"]) {
      case "section":
        if (block["text"] !== undefined) this.text(block["text"], 3_000, what);
        this.when(block["text"] === undefined && block["fields"] === undefined, `${what}: empty`);
        this.count(list(block["fields"]), 0, 10, `${what} fields`);
        for (const field of entries(block["fields"])) this.text(field, 2_000, what);
        if (isJson(block["accessory"])) this.element(block["accessory"], what);
        return;
      case "context":
        this.count(entries(block["elements"]), 1, 10, what);
        for (const element of entries(block["elements"])) this.text(element, 2_000, what);
        return;
      case "actions":
        this.elements(block, 25, what);
        return;
      case "context_actions":
        this.when(isModal, `${what}: not in modals`);
        this.elements(block, 5, what);
        return;
      case "input":
        this.when(!isModal, `${what}: only in modals here`);
        this.text(block["label"], 2_000, what, ["plain_text"]);
        this.element(isJson(block["element"]) ? block["element"] : {}, what);
        return;
      case "data_visualization":
        this.when(isModal, `${what}: not in modals`);
        this.chart(block, what);
        return;
      default:
        this.when(true, `${what}: a block ${String(block["type"])}`);
    }
  }

  blocks(value: unknown, what: string): void {
    const blocks = entries(value);
    this.count(blocks, 0, MAX_BLOCKS[this.surface.kind], `${what} blocks`);
    const ids = blocks.map((block) => block["block_id"]).filter((id) => id !== undefined);
    this.when(new Set(ids).size !== ids.length, `${what}: a block id twice`);
    for (const [index, block] of blocks.entries()) this.block(block, `${what}[${index}]`);
  }
}

/** What is wrong with a message as it is posted, edited or answered with; `[]` for a good one. */
export function messageFaults(message: unknown, allowed: readonly string[] = []): readonly string[] {
  const faults = new Faults({ kind: "message", allowed });
  if (!isJson(message)) return ["no message"];
  const { text } = message;
  faults.length(text, 1, MAX_TEXT, "text");
  faults.markup(String(text), true, "text");
  faults.blocks(message["blocks"], "blocks");
  for (const attachment of entries(message["attachments"])) {
    faults.when(!/^#[0-9a-f]{6}$/i.test(String(attachment["color"])), "attachment: colour");
    faults.blocks(attachment["blocks"], "attachment");
  }
  faults.when(faults.total > MAX_TOTAL, `${faults.total} characters in all`);
  faults.when(faults.charts > MAX_CHARTS, `${faults.charts} charts`);
  return faults.found;
}

/** What is wrong with a modal as it is opened or updated. */
export function modalFaults(view: unknown): readonly string[] {
  const faults = new Faults({ kind: "modal" });
  if (!isJson(view)) return ["no view"];
  faults.when(view["type"] !== "modal", "no modal");
  for (const part of ["title", "submit", "close"]) {
    if (view[part] !== undefined) faults.text(view[part], 24, part, ["plain_text"]);
  }
  faults.length(view["private_metadata"] ?? "", 0, 3_000, "metadata");
  faults.id(view["callback_id"], "callback id");
  faults.blocks(view["blocks"], "view");
  const hasInput = entries(view["blocks"]).some(({ type }) => type === "input");
  faults.when(hasInput && view["submit"] === undefined, "inputs without a submit");
  return faults.found;
}

const MESSAGES: ReadonlySet<string> = new Set([
  "chat.postMessage",
  "chat.postEphemeral",
  "chat.update",
  "respond",
]);

/** What is wrong with a call to Slack's Web API or a `response_url`; `[]` also for calls that carry no message. */
export function callFaults(method: string, args: Json, allowed: readonly string[] = []): readonly string[] {
  if (MESSAGES.has(method)) return messageFaults(args, allowed).map((fault) => `${method}: ${fault}`);
  if (method !== "views.open" && method !== "views.update") return [];
  return modalFaults(args["view"]).map((fault) => `${method}: ${fault}`);
}
