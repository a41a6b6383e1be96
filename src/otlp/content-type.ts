/** How a request and its response are encoded. */
export type Encoding = "protobuf" | "json";

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

const PARAMETER = /^[!#$%&'*+.^_`|~0-9a-z-]+=(?:[!#$%&'*+.^_`|~0-9a-z-]+|"[^"]*")$/;

/** The encoding a Content-Type names; case and well-formed parameters do not matter. Null for any other type. */
export function encodingOf(contentType: string | undefined): Encoding | null {
  const [type, ...parameters] = (contentType ?? "").toLowerCase().split(";");
  if (!parameters.every((parameter) => parameter.trim() === "" || PARAMETER.test(parameter.trim())))
    return null;
  const mediaType = type?.trim();
  if (mediaType === MEDIA_TYPES.protobuf) return "protobuf";
  return mediaType === MEDIA_TYPES.json ? "json" : null;
}

/** In what to answer a request whose type we do not take: JSON, unless it looks like protobuf. */
export function answerEncoding(contentType: string | undefined, accept: string | undefined): Encoding {
  const given = encodingOf(contentType);
  if (given !== null) return given;
  return `${contentType ?? ""} ${accept ?? ""}`.toLowerCase().includes("protobuf") ? "protobuf" : "json";
}
