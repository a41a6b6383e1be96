import { z } from "zod";
import { PIPELINE_KINDS, type PipelineKind, type PipelineNote } from "../alert/pipeline-notes.ts";
import { formatTime } from "../log/time.ts";
import { wireSchemas } from "./schemas.ts";

export interface PipelineNoteView {
  readonly kind: PipelineKind;
  readonly environment: string | null;
  readonly service: string | null;
  readonly since: string;
  readonly last_seen_at: string;
  readonly text: string;
}

/** What is the matter with the way that records come, as JSON. */
export function pipelineView(notes: readonly PipelineNote[]): {
  readonly notes: readonly PipelineNoteView[];
} {
  return {
    notes: notes.map(({ kind, environment, service, sinceMs, lastMs, text }) => ({
      kind,
      environment,
      service,
      since: formatTime(sinceMs),
      last_seen_at: formatTime(lastMs),
      text,
    })),
  };
}

const note = z.object({
  kind: z.enum(PIPELINE_KINDS),
  environment: z.string().nullable(),
  service: z.string().nullable(),
  since: z.string().meta({ format: "date-time" }),
  last_seen_at: z.string().meta({ format: "date-time" }),
  text: z.string(),
});
z.object({ notes: z.array(note).readonly() }).register(wireSchemas, { id: "Pipeline" }) satisfies z.ZodType<
  ReturnType<typeof pipelineView>
>;
