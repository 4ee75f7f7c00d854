/* One version: its state, who stands behind it, and what this person can do with it. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { showDifference } from "./difference.js";
import { showTrial } from "./trial_dialog.js";
import { askWhy } from "./why.js";

const LOOKS = { active: "ok", proposed: "live", draft: "warn", retired: "plain" };

/** Return the card; `changed` is told once it is not what it was, `edit` opens a draft. */
export function versionCard(policy, { active, before, changed, edit, putBack }) {
  const { number, state, note, hindrance } = policy;
  return h("li", { class: "policy", "data-version": number },
    h("header", {}, h("h2", {}, t("policy.version", { number })), h("span", { class: `tag ${LOOKS[state]}` }, t(`policy.state.${state}`))),
    note && h("p", { class: "about" }, note),
    h("p", { class: "sub" }, story(policy)),
    hindrance && h("p", { class: "why" }, icon("info"), h("span", {}, hindrance)),
    h("footer", {}, acts(policy, { active, before, changed, edit, putBack })));
}

/** Return who did what with it, and when; hovering tells the exact time. */
function story({ created_at: made, created_by: maker, proposed_at: proposed, proposed_by: proposer, activated_at: activated, activated_by: activator, based_on: base }) {
  const told = (word, at, who, values = {}) => h("span", { title: when(at) }, t(`policy.story.${word}`, { when: ago(at), who: who ?? t("policy.studio"), ...values }));
  return [told("made", made, maker), base && h("span", {}, t("policy.story.from", { number: base })), proposed && told("proposed", proposed, proposer), activated && told("activated", activated, activator)].filter(Boolean);
}

function acts({ number, state, digest, acts: allowed }, { active, before, changed, edit, putBack }) {
  const post = (verb, said) => attempt(async () => {
    await api(`/policies/${number}/${verb}`, { method: "POST" });
    toast(t(said, { number }));
    changed(number);
  });
  const act = (name, picture, press, kind = "small") => button({ kind: `button ${kind}`, label: t(`policy.${name}.label`, { number }), press }, icon(picture), t(`policy.${name}`));
  const discard = () => attempt(async () => {
    if (!(await sure("policy.discard", { number }))) return;
    await api(`/policies/${number}`, { method: "DELETE" });
    toast(t("policy.said.discarded", { number }));
    changed();
  });
  const activate = () => askWhy({ word: "policy.activate", values: { number }, need: false, send: (reason) => api(`/policies/${number}/activate`, { method: "POST", json: { digest, reason } }),
    done: () => { toast(t("policy.said.activated", { number })); changed(number); } });
  const known = {
    edit: () => act("edit", "brush", () => edit(number), "small primary"),
    propose: () => act("propose", "send", () => post("propose", "policy.said.proposed")),
    activate: () => act("activate", "check", activate, "small primary"),
    withdraw: () => act("withdraw", "reuse", () => post("withdraw", "policy.said.withdrawn")),
    rollback: () => act("rollback", "reuse", () => putBack(number)),
    discard: () => act("discard", "trash", discard),
  };
  const order = ["activate", "edit", "propose", "withdraw", "rollback", "discard"];
  return h("div", { class: "row-of" }, order.filter((name) => allowed.includes(name)).map((name) => known[name]()),
    state !== "active" && act("difference", "compare", () => showDifference(number, active.number)),
    (state !== "active" || before) && act("trial", "history", () => showTrial(number, { since: state === "active" ? before : null })));
}
