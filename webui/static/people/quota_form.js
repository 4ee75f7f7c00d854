/* The form of a quota: whose it is, unless that stands, and how much a day and a month. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, field } from "../core/form.js";
import { t } from "../core/i18n.js";
import { Chooser } from "./chooser.js";
import { offer, roleName } from "./parts.js";

export const KINDS = ["person", "team", "role"];

/** Return the form of a new quota; `done` is told what was set. */
export function newQuota({ roles, teams, done, leave }) {
  const of = h("select");
  offer(of, KINDS.map((kind) => [kind, t(`quotas.of.${kind}`)]), "person");
  const whose = new Chooser();
  const subject = field("subject", t("quotas.subject.person"), whose.input, { body: whose.element });
  const pick = h("select", { id: "subject", "aria-describedby": "subject-problem" });
  const fields = [field("of", t("quotas.of"), of, { hint: t("quotas.of.person.hint") }), subject];
  of.addEventListener("change", () => turn(of.value));
  const form = limits({ title: t("quotas.add.title"), fields, whose: chosen, done, leave });
  return form;

  function chosen(wrong) {
    const found = subject.input === pick ? pick.value : whose.value;
    if (!found) wrong("subject", t("quotas.subject.none"));
    return { of: of.value, subject: found };
  }

  /** Ask for a person by searching, for a team or a role by a list. */
  function turn(kind) {
    form.forget();
    fields[0].element.querySelector("small").textContent = t(`quotas.of.${kind}.hint`);
    subject.element.querySelector("label").textContent = t(`quotas.subject.${kind}`);
    const pairs = kind === "team" ? teams.map((one) => [one.id, one.name]) : roles.map((one) => [one.name, roleName(one.name)]);
    offer(pick, pairs, pairs[0]?.[0]);
    const [body, input] = kind === "person" ? [whose.element, whose.input] : [pick, pick];
    subject.element.children[1].replaceWith(body);
    subject.input = input;
  }
}

/** Return the form that changes a quota that there is. */
export function changedQuota({ quota, name, done, leave }) {
  const { of, subject } = quota;
  return limits({ title: t("quotas.change.title", { name }), fields: [], quota, done, leave, whose: () => ({ of, subject }) });
}

function limits({ title, fields, quota = {}, whose, done, leave }) {
  const day = amount(quota.credits_per_day);
  const month = amount(quota.credits_per_month);
  return new Form({
    title, act: t("quotas.set"), done, leave,
    fields: [...fields, field("credits_per_day", t("quotas.day"), day, { hint: t("quotas.empty") }), field("credits_per_month", t("quotas.month"), month, { hint: t("quotas.empty") })],
    read: (wrong) => ({ ...whose(wrong), credits_per_day: read(day, "credits_per_day", wrong), credits_per_month: read(month, "credits_per_month", wrong) }),
    send: (wanted) => api("/quotas", { method: "PUT", json: wanted }),
  });
}

function amount(value) {
  return h("input", { type: "number", inputmode: "decimal", min: 0, step: "any", autocomplete: "off", placeholder: t("usage.unlimited"), value });
}

/** Return the number in a field, null where it is empty: what is no number must not count as no limit. */
function read(input, name, wrong) {
  if (input.validity.badInput) wrong(name, t("quotas.no_number"));
  return input.value === "" ? null : Number(input.value);
}
