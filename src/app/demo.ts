import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { alertView, type AlertView } from "../alert/view.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { runDemo } from "../demo/script.ts";
import { createShop } from "../demo/shop-sender.ts";
import { DEMO_SETTINGS } from "../demo/words.ts";
import { packageVersion } from "../version.ts";
import { createApp } from "./app.ts";
import { startApp, storageFor } from "./serve.ts";
import type { Storage } from "./storage.ts";

const SHOP_SEED = 7;
const RECENT = 5;

/** Settings of the demo: its own short window and its own database, whatever else is configured. */
async function demoSettings(dataDir: string): Promise<Readonly<Record<string, string>>> {
  return {
    ...DEMO_SETTINGS,
    DATABASE_URL: "",
    REDIS_URL: "",
    TOCSIN_DATA_DIR: dataDir,
    TOCSIN_HOST: "127.0.0.1",
    TOCSIN_API_TOKEN: "",
    TOCSIN_INGEST_TOKEN: "",
    TOCSIN_PORT: await freePort(8000),
    TOCSIN_OTLP_PORT: await freePort(4318),
    TOCSIN_OTLP_GRPC_PORT: await freePort(4317),
  };
}

/** The usual port where it is free, so that the printed addresses are the usual ones. */
function freePort(port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve("0"));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(String(port))));
  });
}

/** The service with a simulated shop that breaks; 0 when the alert opened and resolved. */
export async function demo(
  configure: (settings: Readonly<Record<string, string>>) => Config | null,
): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), "tocsin-demo-"));
  try {
    const config = configure(await demoSettings(dataDir));
    return config === null ? 2 : await play(config);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function play(config: Config): Promise<number> {
  // The story is what people read here; our own log would run through it.
  const log = pino({ level: "fatal" }, process.stderr);
  const storage = await storageFor(config, log, () => undefined);
  if (storage === null) return 1;
  const app = await createApp(config, {
    storage,
    clock: systemClock,
    log,
    version: packageVersion(),
    terminal: process.stdout,
  });
  const listening = await startApp(app, log);
  const exitCode = listening === null ? 1 : await tell(listening, storage);
  await app.stop();
  await storage.close();
  return exitCode;
}

async function tell(
  { port, otlpPort }: { port: number; otlpPort: number },
  storage: Storage,
): Promise<number> {
  const otlpUrl = `http://127.0.0.1:${otlpPort}`;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  let shown: readonly AlertView[] = [];
  /** As people know them: the story goes on when they have been told. */
  const alerts = async (): Promise<readonly AlertView[]> => {
    const recent = await storage.alerts.recent({ limit: RECENT });
    const { count } = await storage.outbox.backlog("notify");
    if (count === 0) shown = recent.map(alertView);
    return shown;
  };
  return runDemo({
    otlpUrl,
    apiUrl: `http://127.0.0.1:${port}`,
    shop: createShop({ otlpUrl, clock: systemClock, seed: SHOP_SEED }),
    alerts,
    printAlert: () => undefined,
    clock: systemClock,
    stream: process.stdout,
    signal: stopping.signal,
  });
}
