const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

/** Text for an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? character);
}

/** Escaped, and no longer than `maxChars` before that. */
export function shortText(text: string, maxChars: number): string {
  return escapeHtml(text.length > maxChars ? `${text.slice(0, maxChars).toWellFormed()}…` : text);
}

/** A list of texts that are HTML already; nothing where there are none. */
export function list(items: readonly string[]): string {
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;
}

/** A part of a page with its title; nothing where it is empty. */
export function part(title: string, html: string, heading: "h2" | "h3" = "h2"): string {
  return html === "" ? "" : `<${heading}>${escapeHtml(title)}</${heading}>${html}`;
}

/** Cells are HTML already; nothing where there are no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const names = heads.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  const head = names === "" ? "" : `<tr>${names}</tr>`;
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("");
  return `<table>${head}${body}</table>`;
}
