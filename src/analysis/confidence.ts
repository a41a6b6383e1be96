/** The word that people read for a confidence of 0 to 1. */
export function confidenceWord(confidence: number): "high" | "medium" | "low" {
  if (confidence >= 0.8) return "high";
  return confidence >= 0.5 ? "medium" : "low";
}
