import type { Actor } from "../alert/event.ts";
import type { AlertVerbs, VerbOutcome } from "../alert/verbs.ts";
import { alertMessage } from "./blocks.ts";
import type { Command } from "./command.ts";
import { parseCommand } from "./command.ts";
import type { Message } from "./message.ts";
import { helpMessage, notFound, notice, recentMessage } from "./replies.ts";

export const UNAVAILABLE = "The database is out of reach at the moment. Please try again shortly.";

const DONE: Readonly<Record<Verb, string>> = {
  analyze: "Claude is asked again; the message changes when the answer is there.",
  acknowledge: "Acknowledged.",
  resolve: "Resolved.",
};

export type Verb = "analyze" | "acknowledge" | "resolve";

async function recent(verbs: AlertVerbs, command: Extract<Command, { verb: "recent" }>): Promise<Message> {
  const alerts = await verbs.recent({ limit: command.limit });
  return alerts === "unavailable" ? notice(UNAVAILABLE) : recentMessage(alerts, command.clamped);
}

async function show(verbs: AlertVerbs, id: string): Promise<Message> {
  const alert = await verbs.get(id);
  if (alert === "unavailable") return notice(UNAVAILABLE);
  return alert === null ? notFound(id) : alertMessage(alert);
}

export function perform(verbs: AlertVerbs, verb: Verb, id: string, actor: Actor): Promise<VerbOutcome> {
  switch (verb) {
    case "analyze":
      return verbs.analyze(id, actor);
    case "acknowledge":
      return verbs.acknowledge(id, actor);
    case "resolve":
      return verbs.resolve(id, actor);
  }
}

/** What the one who asked is told. */
export function outcomeMessage(verb: Verb, id: string, outcome: VerbOutcome): Message {
  switch (outcome.kind) {
    case "done":
      return notice(`${id}: ${DONE[verb]}`);
    case "refused":
      return notice(outcome.message);
    case "not_found":
      return notFound(id);
    case "unavailable":
      return notice(UNAVAILABLE);
  }
}

/** Answers what was typed after a slash command named `name`. */
export async function answerCommand(
  verbs: AlertVerbs,
  name: string,
  text: string,
  actor: Actor,
): Promise<Message> {
  const command = parseCommand(text);
  switch (command.verb) {
    case "help":
      return helpMessage(name, command.problem);
    case "recent":
      return recent(verbs, command);
    case "show":
      return show(verbs, command.id);
    case "analyze":
    case "acknowledge":
    case "resolve":
      return outcomeMessage(command.verb, command.id, await perform(verbs, command.verb, command.id, actor));
  }
}
