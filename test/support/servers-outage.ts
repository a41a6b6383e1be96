import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Outage {
  /** The server's address with the way through here. */
  readonly url: string;
  /** The server is gone: open connections break, new ones are refused. */
  begin(): Promise<void>;
  end(): Promise<void>;
}

async function listen(port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  const server = createServer(onSocket);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}

/** Stands between a client and the server at `target`, so that a test can take the server away and bring it back. */
export async function outageOf(target: string): Promise<Outage> {
  const url = new URL(target);
  const [host, port] = [url.hostname, Number(url.port)];
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => open.delete(socket));
  };
  const pass = (client: Socket): void => {
    const server = connect(port, host);
    keep(client);
    keep(server);
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    client.pipe(server).pipe(client);
  };
  let server: Server | null = await listen(0, pass);
  const ownPort = portOf(server);
  const begin = async (): Promise<void> => {
    if (server === null) return;
    const closed = once(server, "close");
    server.close();
    server = null;
    for (const socket of open) socket.resetAndDestroy();
    await closed;
  };
  onTestFinished(begin);
  url.hostname = "127.0.0.1";
  url.port = String(ownPort);
  return {
    url: url.href,
    begin,
    end: async () => {
      server ??= await listen(ownPort, pass);
    },
  };
}
