import type { Tool } from "@anthropic-ai/sdk/resources/messages";

type Kind = "string" | "integer" | "boolean";

function tool(
  name: string,
  description: string,
  properties: Record<string, { type: Kind; description: string }>,
): Tool {
  return {
    name,
    description,
    input_schema: {
      type: "object",
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    },
  };
}

const ITEM = { type: "string", description: "An id, such as E3" } as const;

/** Sorted by name, so that the bytes before the data are the same for every alert. */
export const TOOLS: readonly Tool[] = [
  tool(
    "compare_windows",
    "Exact counts of every message template of one service in two stretches of time, those that differ most first.",
    {
      service: { type: "string", description: "A service of `components`" },
      minutes: {
        type: "integer",
        description: "How long each stretch is, 1 to 60; the later ends with the alert",
      },
      earlier: {
        type: "integer",
        description: "How many minutes before the alert the earlier one ends, 1 to 110",
      },
    },
  ),
  tool(
    "get_context",
    "The records around the first sight of an item, in order of time, as far as they are still in memory.",
    { id: ITEM, all_services: { type: "boolean", description: "False: of the item's service alone" } },
  ),
  tool("get_examples", "All kept examples of one item.", { id: ITEM }),
  tool("get_runbook", "The whole runbook that fits the alert, where the team wrote one.", {}),
  tool("list_changes", "All known changes of the last hours with what differs, best fit first.", {}),
  tool(
    "search_templates",
    "Evidence items, shown or not, and all other message templates of the last two hours that contain a text, with exact counts.",
    { text: { type: "string", description: "Plain text, no pattern" } },
  ),
  tool("similar_alerts", "Earlier alerts that look alike, and what became of their causes.", {}),
  tool("timeline", "What began, was changed or stopped around an item, in order of time.", { id: ITEM }),
];
