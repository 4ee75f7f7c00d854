/* The parts of an open case: what its author says, its words, where it comes from, whose it is, what is like it, what was done. */
import { button, h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { titleOf } from "./words.js";

const section = (word, ...content) => h("section", {}, h("h2", {}, t(`moderation.${word}`)), ...content);
const facts = (rows) => h("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, t(`moderation.${name}`)), h("dd", {}, value)]));

/** Return what the author wrote, where they did. */
export function appealOf({ appeal, owner }) {
  return appeal && h("section", { class: "appeal" }, h("h2", {}, t("moderation.appeal")), h("blockquote", {}, appeal.text),
    h("p", { class: "sub", title: when(appeal.created_at) }, `${owner.name} · ${ago(appeal.created_at)}`));
}

/** Return who handed it to administrators, and why. */
export function escalationOf({ escalation: one }) {
  return one && h("section", { class: "appeal" }, h("h2", {}, t("moderation.escalation")), one.note && h("blockquote", {}, one.note),
    h("p", { class: "sub", title: when(one.at) }, [one.name, ago(one.at)].filter(Boolean).join(" · ")));
}

/** Return the words it was drawn from, and by what. */
export function wordsOf(flag) {
  return section("words", h("p", { class: "prompt" }, flag.prompt), facts([
    ["negative", flag.negative_prompt], ["template", flag.template?.prompt],
    ["made_by", [flag.model, `${flag.width} × ${flag.height}`, t("moderation.seed", { seed: flag.seed })].filter(Boolean).join(" · ")],
  ]));
}

/** Return where it comes from and what came of it. */
export function lineageOf({ parent, children }, open) {
  if (!parent && !children) return null;
  const stands = parent && (parent.moderation ? t(`moderation.stands.${parent.moderation}`) : t("moderation.stands.gone"));
  return section("lineage", parent && h("p", {}, t("moderation.parent", { stands }), " ",
    parent.flag_id && button({ kind: "button small", press: () => open(parent.flag_id) }, t("moderation.open_case"))),
  parent?.prompt && h("p", { class: "sub" }, parent.prompt), children > 0 && h("p", {}, t("moderation.children", { count: number(children) })));
}

/** Return whose it is, and what was decided about theirs before. */
export function authorOf({ owner, record }) {
  const bits = ["released", "rejected", "waiting"].filter((word) => record[word]).map((word) => t(`moderation.record.${word}`, { count: number(record[word]) }));
  return section("author", h("p", {}, h("b", {}, owner.name), h("span", { class: "sub" }, ` · ${owner.email}`)),
    h("p", {}, t("moderation.record", { flagged: number(record.flagged), made: number(record.made) }), bits.length > 0 && h("span", { class: "sub" }, ` · ${bits.join(", ")}`)));
}

/** Return decided cases that look alike. */
export function similarOf({ similar }, open) {
  if (!similar.length) return null;
  return section("similar", h("ul", { class: "similar" }, similar.map((one) => h("li", {},
    button({ kind: "like", press: () => open(one.flag_id) },
      one.sealed || one.state === "released" ? h("span", { class: "frame" }, icon(one.sealed ? "lock" : "check")) : h("span", { class: "frame" }, h("img", { alt: "", loading: "lazy", width: 40, height: 40, src: `/api/v1/moderation/flags/${one.flag_id}/blurred` })),
      h("span", {}, h("b", {}, t(`moderation.state.${one.state}`)), h("small", {}, `${Math.round(one.score * 100)} % · ${titleOf({ category: null, title: one.title })}${one.note ? ` · ${one.note}` : ""}`)))))));
}

/** Return what was done about it, newest first; nothing is ever removed from it. */
export function historyOf({ decisions }) {
  if (!decisions.length) return null;
  return section("history", h("ol", { class: "deeds" }, decisions.map((one) => h("li", { class: one.undone ? "undone" : null },
    h("b", {}, t(`moderation.deed.${one.deed}`)), one.undone && h("em", {}, t("moderation.undone")), one.on_appeal && h("em", {}, t("moderation.on_appeal")),
    h("span", { class: "sub", title: when(one.at) }, [one.by ?? t("moderation.somebody"), one.asked_by && t("moderation.with", { name: one.asked_by }), ago(one.at), t("moderation.policy_of", { version: one.policy_version })].filter(Boolean).join(" · ")),
    one.note && h("p", {}, one.note)))));
}

/** Return the policy it was judged by, and why. */
export function judgedOf(flag) {
  const lost = flag.judged_by !== flag.policy_version && t("moderation.judged_by", { version: flag.judged_by });
  const other = flag.active !== flag.policy_version && !lost && t("moderation.active", { version: flag.active });
  return facts([["reason", flag.reason], ["policy", [`${t("moderation.policy_of", { version: flag.policy_version })}`, lost, other].filter(Boolean).join(" · ")],
    ["when", `${when(flag.created_at)} · ${ago(flag.created_at)}`]]);
}
