/* The form of a new API key. */
import { h } from "../core/dom.js";
import { Form, check, checks, field, group } from "../core/form.js";
import { has, t } from "../core/i18n.js";

const LIVES = [7, 30, 90, 180, 365];
const USUAL_LIFE = 90;
const USUAL_SCOPES = ["browse", "generate"];
const LONGEST_NAME = 80;

/** Return the form; `scopes` are what may be chosen, `send` takes what was filled in, `done` is told its result. */
export function keyForm({ scopes, send, done, leave }) {
  const name = h("input", { type: "text", autocomplete: "off", required: true, maxlength: LONGEST_NAME, placeholder: t("apikeys.name.placeholder") });
  const limit = () => { inner.hidden = all.checked; };
  const all = h("input", { type: "radio", name: "limit", checked: true, onchange: limit });
  const some = h("input", { type: "radio", name: "limit", onchange: limit });
  const boxes = scopes.map((scope) => h("input", { type: "checkbox", value: scope, checked: USUAL_SCOPES.includes(scope) }));
  const inner = checks(boxes, meaning);
  inner.classList.add("inner");
  limit();
  const life = h("select", {}, LIVES.map((days) => h("option", { value: days, selected: days === USUAL_LIFE }, t("apikeys.life.days", { days }))));
  const ends = field("life", t("apikeys.life"), life);
  ends.element.classList.add("narrow");
  return new Form({
    title: t("apikeys.add.title"), act: t("apikeys.make"), send, done, leave,
    fields: [
      field("name", t("apikeys.name"), name),
      group("scopes", t("apikeys.scopes"), boxes, h("div", { class: "checks" }, check(all, t("apikeys.scopes.everything")), check(some, t("apikeys.scopes.some"))), inner),
      ends,
    ],
    read: (wrong) => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      if (!name.value.trim()) wrong("name", t("apikeys.name.none"));
      if (some.checked && !chosen.length) wrong("scopes", t("apikeys.scopes.none"));
      return { name: name.value.trim(), expires_in_days: Number(life.value), scopes: all.checked ? null : chosen };
    },
  });
}

/** Return what a permission lets one do; of one that is newer than these pages, its name. */
export const meaning = (scope) => (has(`apikeys.scope.${scope}`) ? t(`apikeys.scope.${scope}`) : scope);
