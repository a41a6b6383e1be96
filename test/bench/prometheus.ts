/** A scrape of `/metrics`: each sample's value by its name and labels as they are written there. */
export async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** Upper bounds of a histogram's buckets with how many observations lie at or below each, ascending. */
export function buckets(
  samples: ReadonlyMap<string, number>,
  name: string,
  labels: string,
): readonly (readonly [boundS: number, count: number])[] {
  const found: [number, number][] = [];
  for (const [key, count] of samples) {
    if (!key.startsWith(`${name}_bucket{`) || !key.includes(labels)) continue;
    const bound = /le="([^"]+)"/.exec(key)?.[1];
    found.push([bound === "+Inf" ? Infinity : Number(bound), count]);
  }
  return found.toSorted(([a], [b]) => a - b);
}
