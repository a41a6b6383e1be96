import { SETTING_NAMES } from "./names.ts";
import { maskUrl } from "./secret.ts";
import { SECTIONS, settingInfo } from "./setting.ts";
import type { SettingInfo } from "./setting.ts";
import { settingsSchema } from "./settings.ts";
import type { SettingName } from "./settings.ts";
import type { Source } from "./sources.ts";

/** What a setting was given as, and by whom; the text is never shown as it is. */
export interface Given {
  readonly text: string;
  readonly source: Source;
}

export function infoOf(name: SettingName): SettingInfo {
  const info = settingInfo.get(settingsSchema.unwrap().shape[name]);
  if (info === undefined) throw new Error(`${name} has no description`);
  return info;
}

function shownText(info: SettingInfo, text: string): string {
  if (info.prints === "secret") return "********";
  return info.prints === "address" ? maskUrl(text) : text;
}

function line(name: SettingName, given: Given | undefined): string {
  const info = infoOf(name);
  if (given !== undefined) return `${name}=${shownText(info, given.text)}  # ${given.source}`;
  const fallback = info.fallback ?? "";
  return `${name}=${fallback}  # default${info.fallbackNote === null ? "" : `: ${info.fallbackNote}`}`;
}

/** The effective settings as lines `NAME=value  # source`, secrets masked. */
export function describe(given: ReadonlyMap<SettingName, Given>): string {
  const shown = SETTING_NAMES.filter((name) => !infoOf(name).reserved || given.has(name));
  return shown.map((name) => line(name, given.get(name))).join("\n");
}

function defaultCell(info: SettingInfo): string {
  if (info.fallback !== null) return `\`${info.fallback}\``;
  return info.fallbackNote ?? "";
}

/** The README's table of settings: what does something, by section. */
export function settingsTable(): string {
  const rows = SECTIONS.flatMap((section) =>
    SETTING_NAMES.filter((name) => infoOf(name).section === section && !infoOf(name).reserved).map((name) => {
      const info = infoOf(name);
      return `| \`${name}\` | ${defaultCell(info)} | ${info.about} |`;
    }),
  );
  return ["| setting | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
