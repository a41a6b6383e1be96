/** Of a grouping held against the labelled one. */
export interface GroupingScore {
  /** Share of lines whose group is exactly an event's lines (grouping accuracy). */
  readonly ga: number;
  /** Harmonic mean of the shares of groups and of events that are exactly each other (F1 of grouping accuracy). */
  readonly fga: number;
  readonly groups: number;
  readonly events: number;
}

/** Both given per line. Definitions: Zhu et al., ICSE 2019 (GA); Jiang et al., ISSTA 2024 (FGA). */
export function scoreGrouping(found: readonly string[], labelled: readonly string[]): GroupingScore {
  const sizes = sizesOf(labelled);
  const groups = new Map<string, { size: number; event: string; pure: boolean }>();
  for (const [line, group] of found.entries()) {
    const event = labelled[line] ?? "";
    const held = groups.get(group);
    if (held === undefined) groups.set(group, { size: 1, event, pure: true });
    else {
      held.size += 1;
      held.pure &&= held.event === event;
    }
  }
  const exact = [...groups.values()].filter(({ size, event, pure }) => pure && sizes.get(event) === size);
  const lines = exact.reduce((sum, { size }) => sum + size, 0);
  const precision = exact.length / groups.size;
  const recall = exact.length / sizes.size;
  const fga = exact.length === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { ga: lines / labelled.length, fga, groups: groups.size, events: sizes.size };
}

/** Share of lines whose set of companions differs between two groupings of the same lines. */
export function shareOfChangedLines(one: readonly string[], other: readonly string[]): number {
  const sizes = sizesOf(other);
  const groups = new Map<string, { size: number; group: string; pure: boolean }>();
  for (const [line, group] of one.entries()) {
    const counterpart = other[line] ?? "";
    const held = groups.get(group);
    if (held === undefined) groups.set(group, { size: 1, group: counterpart, pure: true });
    else {
      held.size += 1;
      held.pure &&= held.group === counterpart;
    }
  }
  const same = [...groups.values()].filter(({ size, group, pure }) => pure && sizes.get(group) === size);
  return 1 - same.reduce((sum, { size }) => sum + size, 0) / one.length;
}

function sizesOf(groups: readonly string[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return sizes;
}
