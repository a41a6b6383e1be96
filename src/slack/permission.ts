import type { Actor } from "../alert/event.ts";
import type { Message } from "./message.ts";
import type { Desk } from "./ports.ts";
import { notice } from "./replies.ts";
import type { Role } from "./roles.ts";

export const UNAVAILABLE = "The database is out of reach at the moment. Please try again shortly.";

/** null where they may; else the sentence that says why not. */
export async function forbidden(desk: Desk, role: Role, actor: Actor): Promise<Message | null> {
  switch (await desk.roles.may(role, actor.id)) {
    case "yes":
      return null;
    case "no":
      return notice(`You may not ${role} here. Whoever runs Tocsin can change that.`);
    case "unknown":
      return notice(`Slack does not say at the moment whether you may ${role}. Please try again shortly.`);
  }
}
