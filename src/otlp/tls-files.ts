import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
  /** Null: clients need no certificate. */
  readonly clientCaPath: string | null;
}

/** PEM, as read. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | null;
}

export type TlsOutcome =
  | { readonly kind: "ok"; readonly files: TlsFiles }
  /** Sentences that name the setting. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

type Read = { readonly bytes: Buffer } | { readonly problem: string };

/** Reads a file and has it parsed; what OpenSSL says about it is no help to people and is left out. */
function read(setting: string, path: string, what: string, parse: (bytes: Buffer) => unknown): Read {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    return { problem: `${setting}: ${path} cannot be read (${code})` };
  }
  try {
    parse(bytes);
    return { bytes };
  } catch {
    return { problem: `${setting}: ${path} holds no ${what}` };
  }
}

function certificate(bytes: Buffer): unknown {
  return new X509Certificate(bytes);
}

/** The files of the settings, checked as far as a start can check them; every problem at once. */
export function readTlsFiles({ certPath, keyPath, clientCaPath }: TlsPaths): TlsOutcome {
  const cert = read("TOCSIN_TLS_CERT", certPath, "certificate in PEM", certificate);
  const key = read("TOCSIN_TLS_KEY", keyPath, "unencrypted private key in PEM", createPrivateKey);
  const clientCa =
    clientCaPath === null
      ? null
      : read("TOCSIN_TLS_CLIENT_CA", clientCaPath, "certificate in PEM", certificate);
  const problems = [cert, key, clientCa].flatMap((file) =>
    file !== null && "problem" in file ? [file.problem] : [],
  );
  if ("problem" in cert || "problem" in key || (clientCa !== null && "problem" in clientCa)) {
    return { kind: "invalid", problems };
  }
  const files = { cert: cert.bytes, key: key.bytes, clientCa: clientCa?.bytes ?? null };
  return usable(files) ?? { kind: "ok", files };
}

/** Null where certificate and key belong together and OpenSSL takes both. */
function usable({ cert, key, clientCa }: TlsFiles): TlsOutcome | null {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    return { kind: "invalid", problems: ["TOCSIN_TLS_KEY does not belong to TOCSIN_TLS_CERT"] };
  }
  try {
    createSecureContext({ cert, key, ...(clientCa === null ? {} : { ca: clientCa }) });
    return null;
  } catch {
    return { kind: "invalid", problems: ["TOCSIN_TLS_CERT and TOCSIN_TLS_KEY cannot be used by OpenSSL"] };
  }
}
