import { expect, test } from "vitest";
import { FILE_KEYS, SETTING_NAMES } from "../../src/config/names.ts";
import { editDistance, nearest } from "../../src/log/nearest.ts";

test.for<[string, string | null]>([
  ["TOCSIN_WINDW", "TOCSIN_WINDOW"],
  ["TOCSIN_WINODW", "TOCSIN_WINDOW"],
  ["TOCSIN_OTLPPORT", "TOCSIN_OTLP_PORT"],
  ["TOCSIN_COOL_DOWN", "TOCSIN_COOLDOWN"],
  ["TOCSIN_SLACK_CHANEL", "TOCSIN_SLACK_CHANNEL"],
  ["TOCSIN_CHANNEL", "TOCSIN_SLACK_CHANNEL"],
  ["TOCSIN_DATABASE_URL", "DATABASE_URL"],
  ["TOCSIN_ANTHROPIC_API_KEY", "ANTHROPIC_API_KEY"],
  ["TOCSIN_SOMETHING_QUITE_DIFFERENT", null],
  ["TOCSIN_", null],
  [`TOCSIN_${"X".repeat(500)}`, null],
])("%s is taken for %s", ([name, expected]) => {
  expect(nearest(name, SETTING_NAMES)).toBe(expected);
});

test.for<[string, string | null]>([
  ["TOCSIN_WINDOW", "window"],
  ["slack-channel", "slack_channel"],
  ["Window", "window"],
  ["databse_url", "database_url"],
])("the file key %s is taken for %s", ([key, expected]) => {
  expect(nearest(key, FILE_KEYS)).toBe(expected);
});

test("a swap of neighbours is one edit, and the distance is the same in both directions", () => {
  expect(editDistance("window", "winodw")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
  expect(editDistance("sitting", "kitten")).toBe(3);
});
