const SNIFFED_BYTES = 4_096;
/** Text has line ends, tabs, form feeds and escapes, and hardly any other control character. */
const MAX_CONTROL_SHARE = 0.05;
const MAX_ZERO_SHARE = 0.3;

/** How the first bytes of a source are to be read; `what` names it for people. */
export type Encoding =
  | { readonly kind: "text"; readonly charset: "utf-8" | "utf-16le" | "utf-16be" }
  | { readonly kind: "binary"; readonly what: string };

/** What cannot be read as it stands, by its first bytes, and how to make it readable. */
const PACKED: readonly (readonly [magic: readonly number[], what: string])[] = [
  [[0x28, 0xb5, 0x2f, 0xfd], "is compressed with zstd; unpack it: zstd -dc FILE | tocsin … -"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed with xz; unpack it: xz -dc FILE | tocsin … -"],
  [[0x42, 0x5a, 0x68], "is compressed with bzip2; unpack it: bzip2 -dc FILE | tocsin … -"],
  [[0x50, 0x4b, 0x03, 0x04], "is a zip archive; unpack it: unzip -p FILE | tocsin … -"],
  [
    [0x4c, 0x50, 0x4b, 0x53, 0x48, 0x48, 0x52, 0x48],
    "is a systemd journal; export it: journalctl -o json | tocsin … -",
  ],
  [[0x45, 0x6c, 0x66, 0x46, 0x69, 0x6c, 0x65], "is a Windows event log (evtx); export it as text first"],
];

/** Tells from a source's first bytes whether it is text, and in which encoding. */
export function sniffEncoding(bytes: Uint8Array): Encoding {
  const head = bytes.subarray(0, SNIFFED_BYTES);
  for (const [magic, what] of PACKED)
    if (magic.every((byte, i) => head[i] === byte)) return { kind: "binary", what };
  if (head[0] === 0xff && head[1] === 0xfe) return { kind: "text", charset: "utf-16le" };
  if (head[0] === 0xfe && head[1] === 0xff) return { kind: "text", charset: "utf-16be" };
  return byContent(head);
}

/** Latin text in UTF-16 has a zero in every other byte. */
function byContent(head: Uint8Array): Encoding {
  let even = 0;
  let odd = 0;
  let control = 0;
  for (const [i, byte] of head.entries()) {
    if (byte === 0 && i % 2 === 0) even++;
    else if (byte === 0) odd++;
    else if (isControl(byte)) control++;
  }
  const most = head.length * MAX_ZERO_SHARE;
  if (control > head.length * MAX_CONTROL_SHARE) return { kind: "binary", what: "is binary, not text" };
  if (odd > most && even < odd / 10) return { kind: "text", charset: "utf-16le" };
  if (even > most && odd < even / 10) return { kind: "text", charset: "utf-16be" };
  return { kind: "text", charset: "utf-8" };
}

function isControl(byte: number): boolean {
  return byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b;
}
