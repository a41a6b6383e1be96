import { settingsSchema } from "./settings.ts";
import type { SettingName } from "./settings.ts";

export const SETTING_NAMES: readonly SettingName[] = settingsSchema.unwrap().keyof().options;

/** Says itself where the file is, so it cannot stand in the file. */
const NOT_IN_FILE: ReadonlySet<SettingName> = new Set<SettingName>(["TOCSIN_CONFIG"]);

function fileKey(name: SettingName): string {
  return name.replace(/^TOCSIN_/, "").toLowerCase();
}

const BY_FILE_KEY: ReadonlyMap<string, SettingName> = new Map(
  SETTING_NAMES.filter((name) => !NOT_IN_FILE.has(name)).map((name) => [fileKey(name), name]),
);

export const FILE_KEYS: readonly string[] = [...BY_FILE_KEY.keys()];

export function settingOfFileKey(key: string): SettingName | null {
  return BY_FILE_KEY.get(key) ?? null;
}

export function isSettingName(name: string): name is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(name);
}
