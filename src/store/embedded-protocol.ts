/** What the embedded database's thread is started with. */
export interface WorkerInput {
  /** The database's own directory. */
  readonly directory: string;
  /** `initialise` creates the files and ends, so that the memory which that takes goes with the thread. */
  readonly task: "initialise" | "serve";
}

/** Whole protocol messages up to a Sync or a simple Query; the answer carries the same number. */
export interface WorkerRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "closed" }
  /** The database cannot go on; the thread ends. `reason` holds no data. */
  | { readonly kind: "broken"; readonly reason: string };

/** Asks the thread to shut the database down in order. */
export const CLOSE = "close";
