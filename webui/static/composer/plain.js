/* What is wrong with a field in the reader's language where we know its shape, else as the API said it. Loaded with the first. */
import { has, t } from "../core/i18n.js";

// What the API says is allowed, where a prompt with wildcards is refused → the note that says so in plain words.
const WILDCARDS = [
  [/^braces at most \d+ deep$/, "too_deep"], [/^at most \d+ outcomes$/, "too_many_ways"],
  [/^at most \d+ characters in every outcome$/, "outcome_too_long"], [/^a word in every outcome$/, "outcome_empty"],
];

/** Return the sentence for a problem ({field, message, limit}). */
export function plain({ field, message, limit }) {
  if (field === "prompt" && limit?.startsWith("at least")) return t("trouble.empty_prompt");
  const [, note] = WILDCARDS.find(([shape]) => shape.test(limit ?? "")) ?? [];
  if (note && field.endsWith("prompt")) return t(`prompt.note.${note}`);
  if (has(`trouble.${field}`)) return t(`trouble.${field}`);
  const between = limit?.match(/^between (\S+) and (\S+)$/);
  if (between) return t("trouble.between", { low: between[1], high: between[2] });
  return message.charAt(0).toUpperCase() + message.slice(1);
}
