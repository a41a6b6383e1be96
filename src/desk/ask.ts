import type { Unavailable } from "../alert/verbs.ts";

export const UNAVAILABLE: Unavailable = {
  kind: "unavailable",
  message: "The database cannot be reached; try again in a moment.",
};

/** The store's answer, or that it is out of reach; anything else that goes wrong is a bug and thrown. */
export async function orUnavailable<T>(
  isUnavailable: (error: unknown) => boolean,
  question: () => Promise<T>,
): Promise<T | "unavailable"> {
  try {
    return await question();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    return "unavailable";
  }
}
