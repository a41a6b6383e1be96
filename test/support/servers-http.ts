import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { onTestFinished } from "vitest";

export interface TestHttpServer {
  readonly url: string;
}

/** A plain HTTP server on a free port, closed with its connections when the test ends. */
export async function serveHttp(listener: RequestListener): Promise<TestHttpServer> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return { url: `http://127.0.0.1:${address.port}` };
}

/** The whole body, unpacked where the sender says so. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  const body = Buffer.concat(parts);
  const coding = request.headers["content-encoding"];
  if (coding === "zstd") return zstdDecompressSync(body);
  return coding === "gzip" ? gunzipSync(body) : body;
}
