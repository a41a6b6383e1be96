import type { types } from "@slack/bolt";
import type { Alert } from "../alert/alert.ts";
import { button, linkButton } from "./message.ts";
import { standingOf } from "./state.ts";

export const ACTIONS = {
  acknowledge: "anomaly:acknowledge",
  resolve: "anomaly:resolve",
  reopen: "anomaly:reopen",
  analyze: "anomaly:analyze",
  mute: "anomaly:mute",
  unmute: "anomaly:unmute",
  wake: "anomaly:wake",
  real: "anomaly:real",
  noise: "anomaly:noise",
  feedback: "anomaly:feedback",
  link: "anomaly:link",
} as const;

/** Where the alert is to be seen in full. */
export function alertUrl(publicUrl: string, id: string): string {
  return `${publicUrl.replace(/\/+$/, "")}/alerts/${encodeURIComponent(id)}`;
}

/** What can be done in this state. Stale buttons do no harm: the verbs look at the state again. */
export function alertButtons(alert: Alert, publicUrl: string | null): readonly types.Button[] {
  const { id, status, verdict } = alert;
  const standing = standingOf(alert);
  const found: types.Button[] = [];
  if (status === "open") found.push(button(ACTIONS.acknowledge, "Acknowledge", id, "primary"));
  if (status !== "resolved") found.push(button(ACTIONS.resolve, "Resolve", id));
  else if (alert.mergedInto === null) found.push(button(ACTIONS.reopen, "Reopen", id));
  if (alert.analysis.status !== "pending") found.push(button(ACTIONS.analyze, "Analyze again", id));
  if (standing === "snoozed") found.push(button(ACTIONS.wake, "Wake", id));
  if (alert.mutedBy === null) found.push(button(ACTIONS.mute, "Mute…", id));
  else found.push(button(ACTIONS.unmute, "Unmute", alert.mutedBy));
  if (verdict?.verdict !== "real") found.push(button(ACTIONS.real, "Real", id));
  if (verdict?.verdict !== "noise") found.push(button(ACTIONS.noise, "Noise", id));
  if (publicUrl !== null) found.push(linkButton(ACTIONS.link, "Open", alertUrl(publicUrl, id)));
  return found;
}
