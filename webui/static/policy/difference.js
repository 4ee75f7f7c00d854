/* What changes between two versions, in a dialog: by category, by rule, by word. */
import { ApiError, api } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { decimal, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { wear } from "../core/styles.js";
import { share } from "../figures/units.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { signed } from "./words.js";

const WORDS = new Set(["severity", "action", "previews"]);

export async function showDifference(after, before) {
  const { shadowRoot: root } = overlay();
  await Promise.all([wear(root, "lists"), wear(root, "policy")]);
  const found = h("div", { class: "difference" }, ghosts());
  openDialog({ title: t("policy.difference.title", { before, after }), kind: "dialog policy-dialog" }, found);
  const look = async () => {
    try {
      found.replaceChildren(...told(await api(`/policies/${after}/difference?since=${before}`)));
    } catch (error) {
      found.replaceChildren(failed(error instanceof ApiError ? error.message : t("policy.error"), look));
    }
  };
  await look();
}

function told({ same, categories, terms, allowed, fields }) {
  if (same) return [h("p", { class: "sub" }, t("policy.difference.same"))];
  const words = allowed.added_in_all + allowed.removed_in_all > 0;
  return [
    section("policy.categories", categories), section("policy.rules", terms),
    words && h("section", {}, h("h3", {}, t("policy.allowed")), wordsOf(allowed)),
    fields.length > 0 && h("section", {}, h("h3", {}, t("policy.rest")), h("ul", {}, fields.map(change))),
  ].filter(Boolean);
}

const section = (heading, rules) => rules.length > 0 && h("section", {}, h("h3", {}, t(heading)), h("ul", {}, rules.map(rule)));

function rule({ title, kind, fields, words, beside }) {
  const looks = { added: "ok", removed: "", changed: "live" }[kind];
  return h("li", {}, h("div", { class: "changed" }, h("b", {}, title), h("span", { class: `tag ${looks}` }, t(`policy.difference.${kind}`))),
    kind === "changed" && fields.length > 0 && h("ul", { class: "inner" }, fields.map(change)),
    wordsOf(words), beside.added_in_all + beside.removed_in_all > 0 && [h("p", { class: "sub" }, t("policy.beside")), wordsOf(beside)]);
}

function change({ field, before, after }) {
  return h("li", {}, h("span", { class: "sub" }, t(`policy.field.${field}`)), " ", h("del", {}, valueOf(field, before)), icon("right"), h("ins", {}, valueOf(field, after)));
}

function valueOf(field, value) {
  if (value === null || value === "") return "–";
  if (field === "shift") return signed(value);
  if (field === "sampled") return share(value);
  if (field === "where") return value.split(", ").map((one) => t(`policy.where.${one}`)).join(", ");
  if (WORDS.has(field)) return t(`policy.${field}.${value}`);
  return typeof value === "number" ? decimal(value) : value;
}

function wordsOf({ added, removed, added_in_all: more, removed_in_all: fewer }) {
  const listed = (kind, words, all) => words.length > 0 && h("p", { class: "words" }, words.map((word) => h(kind, {}, word)), all > words.length && h("span", { class: "sub" }, t("policy.difference.more", { count: number(all - words.length) })));
  return [listed("ins", added, more), listed("del", removed, fewer)].filter(Boolean);
}
