import type { Alert, Evidence } from "../alert/alert.ts";
import { analysisNote, confidenceWord, reportLines, words } from "../notify/wording.ts";
import { blockIds, type View } from "./blocks.ts";
import { ACTIONS } from "./buttons.ts";
import {
  actions,
  type Block,
  button,
  context,
  MAX_SECTION,
  message,
  type Message,
  section,
} from "./message.ts";
import { bold, code, fitLines, join, line, mrkdwn, names, prose, slackTime, type Mrkdwn } from "./mrkdwn.ts";

const MAX_NAME = 60;
const MAX_SERVICES = 40;
const MAX_TEMPLATE = 300;
const MAX_EXAMPLE = 300;
const MAX_NOTE = 200;
const MAX_EVIDENCE = 10;
const MAX_REASON = 200;
const MAX_SUSPECTS = 5;
const MAX_FINDING = 300;
const MAX_STEP = 500;

function more(left: number): Mrkdwn {
  return mrkdwn`… and ${left} more`;
}

function findings(alert: Alert): readonly Mrkdwn[] {
  return alert.anomalies.map(
    ({ severity, category, description }) =>
      mrkdwn`• ${line(severity, 20)} ${line(words(category), MAX_NAME)}: ${line(description, MAX_FINDING)}`,
  );
}

function suspects(alert: Alert): readonly Mrkdwn[] {
  return alert.suspects
    .slice(0, MAX_SUSPECTS)
    .map(
      ({ service, because }) => mrkdwn`• ${line(service, MAX_NAME)}: ${line(because.join("; "), MAX_REASON)}`,
    );
}

function evidenceLine({ count, template, service, examples, firstSeenAtMs, note }: Evidence): Mrkdwn {
  const what = template === null ? mrkdwn`` : mrkdwn` ${code(template, MAX_TEMPLATE)}`;
  const example = examples[0];
  const quoted =
    example === undefined || example === template ? [] : [mrkdwn`    ${code(example, MAX_EXAMPLE)}`];
  const where = mrkdwn`${count} ×${what} ${line(service, MAX_NAME)}, first ${slackTime(firstSeenAtMs)}`;
  const said = note === undefined ? [] : [mrkdwn`    ${line(note, MAX_NOTE)}`];
  return join([where, ...said, ...quoted], "\n");
}

/** What the alert rests on: every finding, whom it touches, who is suspected and why, the lines themselves. */
export function evidenceMessage(alert: Alert): Message {
  const blockId = blockIds(alert);
  const blocks: Block[] = [];
  const add = (name: string, title: Mrkdwn, lines: readonly Mrkdwn[]): void => {
    if (lines.length === 0) return;
    blocks.push(section(blockId(name), mrkdwn`${bold(title)}\n${fitLines(lines, MAX_SECTION - 100, more)}`));
  };
  add("findings", mrkdwn`Findings`, findings(alert));
  if (alert.affectedServices.length > 0) {
    add("services", mrkdwn`Services`, [names(alert.affectedServices, MAX_SERVICES, MAX_NAME)]);
  }
  add("suspects", mrkdwn`Suspects`, suspects(alert));
  add("evidence", mrkdwn`Evidence`, alert.evidence.slice(0, MAX_EVIDENCE).map(evidenceLine));
  const { startMs, endMs } = alert.window;
  blocks.push(context(blockId("window"), mrkdwn`Window ${slackTime(startMs)} to ${slackTime(endMs)}`));
  return message(mrkdwn`Evidence of ${code(alert.id, 70)}`, blocks);
}

/** Thumbs as Slack has them, or as buttons. */
function feedback(alert: Alert, blockId: string, native: boolean): Block {
  const good = { label: "Helpful", value: `good ${alert.id}` };
  const bad = { label: "Wrong", value: `bad ${alert.id}` };
  if (!native) {
    return actions(blockId, [
      button(`${ACTIONS.feedback}:good`, good.label, good.value),
      button(`${ACTIONS.feedback}:bad`, bad.label, bad.value),
    ]);
  }
  const side = ({ label, value }: typeof good) => ({
    text: { type: "plain_text" as const, text: label },
    value,
  });
  return {
    type: "context_actions",
    block_id: blockId,
    elements: [
      {
        type: "feedback_buttons",
        action_id: ACTIONS.feedback,
        positive_button: side(good),
        negative_button: side(bad),
      },
    ],
  };
}

function byline(alert: Alert): Mrkdwn {
  const { model, by } = alert.analysis;
  const note = analysisNote(alert.analysis);
  const who = by === "claude" ? `By Claude${model === null ? "" : ` (${model})`}` : "By statistics";
  const sure = alert.confidence === null ? [] : [`${confidenceWord(alert.confidence)} confidence`];
  return line([note ?? who, ...sure].join(" · "), MAX_NOTE);
}

/** The whole analysis; the channel's message holds its first line. */
export function analysisMessage(alert: Alert, view: View): Message {
  const blockId = blockIds(alert);
  const blocks: Block[] = [];
  const { rootCause, impact, recommendedActions } = alert;
  if (rootCause !== null)
    blocks.push(section(blockId("cause"), mrkdwn`*Likely cause*\n${prose(rootCause, 2_900)}`));
  if (impact !== null) blocks.push(section(blockId("impact"), mrkdwn`*Impact*\n${prose(impact, 2_900)}`));
  if (recommendedActions.length > 0) {
    const steps = recommendedActions.map((step, index) => mrkdwn`${index + 1}. ${line(step, MAX_STEP)}`);
    blocks.push(section(blockId("todo"), mrkdwn`*What to do*\n${fitLines(steps, MAX_SECTION - 100, more)}`));
  }
  const behind = reportLines(alert.analysis).map((text) => line(text, MAX_STEP));
  if (behind.length > 0) blocks.push(context(blockId("behind"), join(behind, "\n")));
  blocks.push(context(blockId("by"), byline(alert)), feedback(alert, blockId("feedback"), view.can.feedback));
  return message(mrkdwn`Analysis of ${code(alert.id, 70)}`, blocks);
}
