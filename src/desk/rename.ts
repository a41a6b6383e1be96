import type { AlertCommit, AlertWrite } from "../alert/repository.ts";

/** The commit with `from`, an id that turned out to be taken, by its new name. */
export function renamed(commit: AlertCommit, from: string, to: string): AlertCommit {
  const { joint, ...own } = commit;
  const write = writeWith(own, from, to);
  return joint === undefined ? write : { ...write, joint: writeWith(joint, from, to) };
}

function writeWith(write: AlertWrite, from: string, to: string): AlertWrite {
  if (write.alert.id !== from) return write;
  return {
    ...write,
    alert: { ...write.alert, id: to },
    events: write.events.map((event) =>
      event.type === "opened" ? { ...event, alert: { ...event.alert, id: to } } : event,
    ),
    claims: write.claims.map((claim) => ({ ...claim, alertId: to })),
  };
}
