/** Longer lines are cut before masking: what follows seldom tells messages apart and could be hostile. */
export const MAX_TEMPLATE_LENGTH = 400;

const VARIABLE =
  /<[a-z]+(?::[a-z_-]+)?#[0-9a-f]+>|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|0x[0-9a-f]+|\b(?=[a-f]*\d)[0-9a-f]{8,}\b|\d+(?:[.,]\d+)*/gi;

/** A pseudonym of the redactor is a name already. */
function placeholder(value: string): string {
  if (value.startsWith("<")) return value;
  if (value.length === 36 && value[8] === "-") return "<uuid>";
  if (/^\d{1,3}(?:\.\d{1,3}){3}/.test(value)) return "<ip>";
  if (/^0x|[a-f]/i.test(value)) return "<hex>";
  return "<num>";
}

/** A message with its variable parts replaced, so that its repetitions count as one. First line only. */
export function maskMessage(message: string): string {
  const head = message.slice(0, MAX_TEMPLATE_LENGTH).trimStart();
  const end = head.indexOf("\n");
  return (end < 0 ? head : head.slice(0, end)).replace(VARIABLE, placeholder).trimEnd();
}
