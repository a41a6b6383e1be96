import type { WebClient } from "@slack/web-api";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import { slackFailure } from "./failure.ts";

export const ROLES = ["mute", "resolve", "approve"] as const;
export type Role = (typeof ROLES)[number];

/** Ids of users (`U…`, `W…`) and user groups (`S…`) who may; null: everybody. */
export type RoleMembers = Readonly<Record<Role, readonly string[] | null>>;

export const EVERYBODY: RoleMembers = { mute: null, resolve: null, approve: null };

/** `unknown`: Slack does not say who is in a group. */
export type Permission = "yes" | "no" | "unknown";

export interface Roles {
  may(role: Role, userId: string): Promise<Permission>;
}

const KEEP_MS = 5 * MINUTE_MS;

interface Known {
  readonly members: ReadonlySet<string>;
  readonly atMs: EpochMs;
}

export interface RoleOptions {
  readonly client: WebClient;
  readonly members: RoleMembers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Who may do what: named users, or the members of a user group, asked of Slack and remembered for five minutes. */
export class SlackRoles implements Roles {
  readonly #options: RoleOptions;
  readonly #groups = new Map<string, Known>();

  constructor(options: RoleOptions) {
    this.#options = options;
  }

  async may(role: Role, userId: string): Promise<Permission> {
    const allowed = this.#options.members[role];
    if (allowed === null || allowed.includes(userId)) return "yes";
    let unknown = false;
    for (const id of allowed.filter((name) => name.startsWith("S"))) {
      const members = await this.#membersOf(id);
      if (members?.has(userId) === true) return "yes";
      unknown ||= members === null;
    }
    return unknown ? "unknown" : "no";
  }

  /** null where Slack does not say; what it said last stands in when it is away. */
  async #membersOf(group: string): Promise<ReadonlySet<string> | null> {
    const { client, clock, log } = this.#options;
    const known = this.#groups.get(group);
    if (known !== undefined && clock.now() - known.atMs < KEEP_MS) return known.members;
    try {
      const { users = [] } = await client.usergroups.users.list({ usergroup: group });
      const members = new Set(users);
      this.#groups.set(group, { members, atMs: clock.now() });
      return members;
    } catch (error) {
      log.warn({ reason: slackFailure(error).reason, group }, "Slack does not say who is in a user group");
      return known?.members ?? null;
    }
  }
}
