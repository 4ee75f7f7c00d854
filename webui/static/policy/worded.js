/* What a trial found in words: how many past prompts would be refused, looked at first, or let through, and some of them. */
import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

const TURNS = { refused: "bad", review: "warn", through: "ok" };

/** Return how far a trial is, in words. */
export function farOf({ seen, of, prompts_seen: prompts, prompts_of: ofPrompts }) {
  const [name, one, all] = prompts ? ["prompts_seen", prompts, ofPrompts] : ["seen", seen, of];
  return t(`trial.${name}`, { seen: number(one), of: number(all) });
}

/** Return the sentence and, for whoever may read them, prompts folded away; nothing where the words are the same. */
export function words({ words: found }) {
  if (!found) return null;
  const { of, refused, review, through, samples } = found;
  const counts = { refused: number(refused), review: number(review), through: number(through), of: number(of) };
  return h("section", { class: "in-words" }, h("h3", {}, t("policy.rules")), h("p", {}, t(of ? "trial.words" : "trial.words.none", counts)),
    samples.length > 0 && h("details", {}, h("summary", {}, t("trial.samples", { count: number(samples.length) })), h("ul", { class: "worded" }, samples.map(sample))));
}

function sample({ turn, rule, field, text, start, end }) {
  return h("li", {}, h("span", {}, h("span", { class: `tag ${TURNS[turn]}` }, t(`trial.turn.${turn}`)), " ", h("span", { class: "sub" }, [rule, field === "negative_prompt" && t("policy.where.negative_prompt")].filter(Boolean).join(" · "))),
    h("span", {}, text.slice(0, start), h("mark", {}, text.slice(start, end)), text.slice(end)));
}
