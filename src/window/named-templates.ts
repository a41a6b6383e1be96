import type { TemplateBook } from "../template/book.ts";
import type { TemplateSample } from "./delta.ts";
import type { ErrorSamples } from "./samples.ts";

/** Templates by the text that people read, in place of their ids. */
export interface NamedTemplates {
  /** Per series key, the templates with their counts. */
  readonly templates: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly sample: (seriesKey: string, text: string) => TemplateSample | undefined;
  readonly samplesOf: (seriesKey: string) => readonly TemplateSample[];
}

/** `counts`: per series key, the ids with their counts; ids that have become one are one here. */
export function nameTemplates(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  book: TemplateBook,
  samples: ErrorSamples,
): NamedTemplates {
  const templates = new Map<string, Map<string, number>>();
  const ids = new Map<string, Map<string, string>>();
  for (const [key, byId] of counts) {
    const byText = new Map<string, number>();
    const idOfText = new Map<string, string>();
    for (const [id, count] of byId) {
      const now = book.resolve(key, id);
      const text = book.text(key, now);
      byText.set(text, (byText.get(text) ?? 0) + count);
      idOfText.set(text, now);
    }
    templates.set(key, byText);
    ids.set(key, idOfText);
  }
  const named = (key: string, sample: TemplateSample): TemplateSample => ({
    ...sample,
    template: book.text(key, sample.template),
  });
  return {
    templates,
    sample: (key, text) => {
      const sample = samples.sample(key, ids.get(key)?.get(text) ?? text);
      return sample === undefined ? undefined : named(key, sample);
    },
    samplesOf: (key) => samples.of(key).map((sample) => named(key, sample)),
  };
}
