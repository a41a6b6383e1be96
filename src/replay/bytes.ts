import { createReadStream } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const CHUNK_BYTES = 256 * 1_024;
export const STDIN = "-";

/** Input that cannot be read; `message` is a sentence for people that says what to do. */
export class UnreadableSource extends Error {
  override readonly name = "UnreadableSource";
}

/** The name of a source as people know it. */
export function sourceName(path: string): string {
  return path === STDIN ? "stdin" : path;
}

/** Why the file cannot be replayed, or null. Asked of all files before the first is read. */
export async function findUnreadable(path: string): Promise<string | null> {
  if (path === STDIN) return null;
  try {
    const { isDirectory } = await stat(path).then((found) => ({ isDirectory: found.isDirectory() }));
    if (isDirectory) return `${path}: is a folder; give the files in it, such as ${path}/*.gz`;
    await access(path, constants.R_OK);
    return null;
  } catch (error) {
    return explain(path, error);
  }
}

/** The file's bytes, decompressed where they begin as gzip whatever the name says. Throws `UnreadableSource`. */
export async function* readBytes(path: string, stdin: Readable): AsyncGenerator<Buffer> {
  const raw = path === STDIN ? stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    yield* decompressed(raw);
  } catch (error) {
    throw new UnreadableSource(explain(path, error), { cause: error });
  }
}

async function* decompressed(raw: Readable): AsyncGenerator<Buffer> {
  const chunks = buffersOf(raw);
  const head = await firstBytes(chunks, 2);
  if (!isGzip(head)) {
    if (head.length > 0) yield head;
    yield* chunks;
    return;
  }
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // Its errors arrive in the loop below: a broken pipeline destroys its last stream with the cause.
  pipeline(Readable.from(continued(head, chunks)), gunzip, () => undefined);
  yield* buffersOf(gunzip);
}

async function* buffersOf(stream: Readable): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    const data: unknown = chunk;
    if (Buffer.isBuffer(data)) yield data;
    else if (typeof data === "string") yield Buffer.from(data);
  }
}

async function firstBytes(chunks: AsyncGenerator<Buffer>, minBytes: number): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < minBytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* continued(head: Buffer, chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield head;
  yield* chunks;
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function explain(path: string, error: unknown): string {
  const name = sourceName(path);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return `${name}: no such file; give paths of log files, or - to read from stdin`;
    case "EACCES":
      return `${name}: no permission to read it; check its owner and mode`;
    case "EISDIR":
      return `${name}: is a folder; give the files in it`;
    case "EMFILE":
      return `${name}: too many open files; raise the limit (ulimit -n) or give fewer files`;
    case "Z_BUF_ERROR":
      return `${name}: the gzip data ends in the middle (cut off, or still being written?); check it with gzip -t`;
    case "Z_DATA_ERROR":
      return `${name}: the gzip data is damaged; check it with gzip -t`;
    default:
      return `${name}: ${error instanceof Error ? error.message : "cannot be read"}`;
  }
}
