import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A folder of certificates that is gone when the test is. */
export class Certificates {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "tocsin-tls-"));
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Signed by itself, and so its own CA. */
  selfSigned(name: string): Certificate {
    const certPath = join(this.folder, `${name}.crt`);
    const keyPath = join(this.folder, `${name}.key`);
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyPath];
    execFileSync("openssl", ["req", "-x509", "-days", "2", ...key, ...subject, "-out", certPath], {
      stdio: "ignore",
    });
    return { certPath, keyPath, cert: readFileSync(certPath), key: readFileSync(keyPath) };
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }
}
