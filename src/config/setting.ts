import { z } from "zod";
import type { Value } from "./values.ts";

export const SECTIONS = [
  "Listening",
  "Storage",
  "Detection",
  "Alerts",
  "Analysis",
  "Slack",
  "Bounds",
  "Process",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface SettingInfo {
  readonly section: Section;
  /** One line of Markdown for the README. */
  readonly about: string;
  /** As people would write it; null where it is absent by default. */
  readonly fallback: string | null;
  /** What stands in the table where the default is not a fixed text. */
  readonly fallbackNote: string | null;
  /** `secret` never prints, an `address` prints without its password. */
  readonly prints: "plainly" | "secret" | "address";
  /** The name is fixed, but nothing uses it yet. */
  readonly reserved: boolean;
}

export type SettingOptions = Partial<Pick<SettingInfo, "fallbackNote" | "prints" | "reserved">>;

/** What people read about each setting; the schema itself says what a value may be. */
export const settingInfo = z.registry<SettingInfo>();

function info(
  section: Section,
  about: string,
  fallback: string | null,
  options: SettingOptions,
): SettingInfo {
  return { section, about, fallback, fallbackNote: null, prints: "plainly", reserved: false, ...options };
}

/** Makes settings of one section: `given` has a default, `absent` is null unless somebody sets it. */
export function section(name: Section) {
  return {
    given<T>(value: Value<T>, fallback: string, about: string, options: SettingOptions = {}) {
      return value.prefault(fallback).register(settingInfo, info(name, about, fallback, options));
    },
    absent<T>(value: Value<T>, about: string, options: SettingOptions = {}) {
      return value
        .nullish()
        .default(null)
        .register(settingInfo, info(name, about, null, options));
    },
    reserved<T>(value: Value<T>, about: string) {
      return value
        .nullish()
        .default(null)
        .register(settingInfo, info(name, about, null, { reserved: true }));
    },
  };
}
