import type { Actor } from "../alert/event.ts";
import { describeDuration } from "../log/duration.ts";
import type { Command } from "./command.ts";
import type { Message } from "./message.ts";
import { outcomeMessage } from "./outcome.ts";
import { forbidden } from "./permission.ts";
import type { Desk } from "./ports.ts";

type Handling = Extract<Command, { verb: "snooze" | "assign" | "merge" }>;

/** The whole id of what was typed, or what to say instead. */
type WholeId = (desk: Desk, typed: string) => Promise<string | Message>;

async function snooze(desk: Desk, id: string, durationMs: number | null, actor: Actor): Promise<Message> {
  const no = await forbidden(desk, "mute", actor);
  if (no !== null) return no;
  const untilMs = durationMs === null ? null : desk.clock.now() + durationMs;
  const done =
    durationMs === null
      ? `${id}: the snooze is over.`
      : `${id}: no reminders and no pings for ${describeDuration(durationMs)}.`;
  return outcomeMessage(done, id, await desk.verbs.snooze(id, untilMs, actor));
}

async function assign(desk: Desk, id: string, typed: string | null, actor: Actor): Promise<Message> {
  const assignee = typed?.toLowerCase() === "me" ? actor.name : typed;
  const done = assignee === null ? `${id}: nobody's now.` : `${id}: assigned to ${assignee}.`;
  return outcomeMessage(done, id, await desk.verbs.assign(id, assignee, actor));
}

async function merge(desk: Desk, id: string, into: string, actor: Actor): Promise<Message> {
  const no = await forbidden(desk, "resolve", actor);
  if (no !== null) return no;
  return outcomeMessage(`${id}: goes on in ${into}.`, id, await desk.verbs.merge(id, into, actor));
}

/** What people do with one alert, its id whole already. */
export async function handle(
  desk: Desk,
  command: Handling,
  actor: Actor,
  wholeId: WholeId,
): Promise<Message> {
  switch (command.verb) {
    case "snooze":
      return snooze(desk, command.id, command.durationMs, actor);
    case "assign":
      return assign(desk, command.id, command.assignee, actor);
    case "merge": {
      const into = await wholeId(desk, command.into);
      return typeof into === "string" ? merge(desk, command.id, into, actor) : into;
    }
  }
}
