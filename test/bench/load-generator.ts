import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Flood, Flooded, Pace, Paced, Stream, Streamed } from "./messages.ts";

const LOAD = fileURLToPath(new URL("./load.ts", import.meta.url));

/** Our side of the load generator. One job at a time. */
export class LoadGenerator {
  readonly #child = fork(LOAD, [], { stdio: "inherit" });

  flood(job: Omit<Flood, "kind">): Promise<Flooded> {
    return this.#run<Flooded>({ kind: "flood", ...job });
  }

  pace(job: Omit<Pace, "kind">): Promise<Paced> {
    return this.#run<Paced>({ kind: "pace", ...job });
  }

  stream(job: Omit<Stream, "kind">): Promise<Streamed> {
    return this.#run<Streamed>({ kind: "stream", ...job });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }

  #run<Result>(job: Flood | Pace | Stream): Promise<Result> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("the load generator ended"));
      this.#child.once("exit", onExit);
      this.#child.once("message", (result) => {
        this.#child.off("exit", onExit);
        resolve(result as Result);
      });
      this.#child.send(job);
    });
  }
}
