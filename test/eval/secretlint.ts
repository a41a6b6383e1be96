import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";

const RULES = [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: creator, options: {} }];

/** Our marks stand where secrets stood; their colon looks like that between a user and a password. */
const MARK = /<[a-z_]+(?::[a-z0-9_]+)?#[0-9a-f]{2,8}>/g;

/** What secretlint, which is not ours, finds in a text: its rules' names. */
export async function secretlintLeaks(text: string): Promise<readonly string[]> {
  const { messages } = await lintSource({
    source: {
      filePath: "/sent.txt",
      content: text.replace(MARK, "masked"),
      ext: ".txt",
      contentType: "text",
    },
    options: { config: { rules: RULES }, noPhysicFilePath: true },
  });
  return messages.map(({ ruleId, messageId }) => `${ruleId} ${messageId}`);
}
