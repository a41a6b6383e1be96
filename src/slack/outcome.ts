import type { Refused, Unavailable } from "../alert/verbs.ts";
import type { Message } from "./message.ts";
import { UNAVAILABLE } from "./permission.ts";
import { notFound, notice } from "./replies.ts";

type Outcome = { readonly kind: "done" } | Refused | { readonly kind: "not_found" } | Unavailable;

/** What the one who asked is told. A refusal says who was first: it is news, no error. */
export function outcomeMessage(done: string, id: string, outcome: Outcome): Message {
  switch (outcome.kind) {
    case "done":
      return notice(done);
    case "refused":
      return notice(outcome.message);
    case "not_found":
      return notFound(id);
    case "unavailable":
      return notice(UNAVAILABLE);
  }
}
