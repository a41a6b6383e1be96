import { Ajv2020 } from "ajv/dist/2020.js";

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

export interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

function pathPattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
}

/** Holds real answers against the description that the service itself publishes. */
export class DescriptionCheck {
  readonly #description: Description;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

  constructor(description: Description) {
    this.#description = description;
    this.#ajv.addSchema({ $id: "tocsin", components: description.components });
  }

  #operation(method: string, path: string): Operation | null {
    const { paths } = this.#description;
    const exact =
      paths[path] ?? Object.entries(paths).find(([template]) => pathPattern(template).test(path))?.[1];
    return exact?.[method.toLowerCase()] ?? null;
  }

  /** What the description has against this answer; [] where nothing. */
  complaints(method: string, path: string, status: number, contentType: string, body: unknown): string[] {
    const operation = this.#operation(method, path);
    if (operation === null) return [`${method} ${path} is not described`];
    const response = operation.responses[String(status)];
    if (response === undefined) return [`${method} ${path} does not list ${status}`];
    const type = contentType.split(";")[0] ?? "";
    const described = response.content?.[type];
    if (described === undefined) return [`${method} ${path} ${status} does not list ${type}`];
    if (type !== "application/json") return [];
    const pointer = `#/paths/${path}`;
    const validate = this.#ajv.compile(absolute(described));
    return validate(body) ? [] : [`${pointer}: ${this.#ajv.errorsText(validate.errors)}`];
  }
}

/** The schema of a media type, with its references leading to the registered components. */
function absolute(described: unknown): object {
  const text = JSON.stringify(described).replaceAll('"#/components', '"tocsin#/components');
  return (JSON.parse(text) as { schema: object }).schema;
}
