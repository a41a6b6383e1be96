import type { WebClient } from "@slack/web-api";
import type { Actor } from "../alert/event.ts";

const MAX_KNOWN = 1_000;

/** Events name people by id alone; their names are asked for once. */
export class People {
  readonly #client: WebClient;
  readonly #names = new Map<string, string>();

  constructor(client: WebClient) {
    this.#client = client;
  }

  /** The id stands in where Slack does not tell the name. */
  async actor(userId: string): Promise<Actor> {
    return { kind: "slack", id: userId, name: await this.#name(userId) };
  }

  async #name(userId: string): Promise<string> {
    const known = this.#names.get(userId);
    if (known !== undefined) return known;
    try {
      const { user } = await this.#client.users.info({ user: userId });
      const name = user?.name ?? userId;
      if (this.#names.size >= MAX_KNOWN) this.#names.clear();
      this.#names.set(userId, name);
      return name;
    } catch {
      return userId;
    }
  }
}
