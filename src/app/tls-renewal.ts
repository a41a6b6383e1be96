import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { MINUTE_MS } from "../log/time.ts";
import type { OtlpServer } from "../otlp/server.ts";
import { readTlsFiles, type TlsFiles } from "../otlp/tls-files.ts";
import type { Job } from "./scheduler.ts";

function same(a: TlsFiles, b: TlsFiles): boolean {
  const none = Buffer.alloc(0);
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.clientCa ?? none).equals(b.clientCa ?? none);
}

/** Certificates are renewed under a running service: their files are read again every minute. None without TLS. */
export function certificateJobs(
  { tls: paths }: Pick<Config, "tls">,
  { log, tls = null }: { readonly log: Logger; readonly tls?: TlsFiles | null },
  servers: readonly Pick<OtlpServer, "useTls">[],
): readonly Job[] {
  if (paths === null || tls === null) return [];
  let current = tls;
  let failed = false;
  const run = (): void => {
    const outcome = readTlsFiles(paths);
    if (outcome.kind === "invalid") {
      if (!failed)
        log.warn({ problems: outcome.problems }, "the certificate files are bad: the old ones stay in use");
      failed = true;
      return;
    }
    failed = false;
    if (same(current, outcome.files)) return;
    current = outcome.files;
    for (const server of servers) server.useTls(current);
    log.info("new certificate files are in use");
  };
  return [{ name: "renew certificate", everyMs: MINUTE_MS, run }];
}
