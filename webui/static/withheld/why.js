/* Why an image is held or was rejected, for its author: the category, the reason, what the reviewer wrote, and the two ways on:
   asking another person to look, once, and another seed. */
import { vary } from "../core/actions.js";
import { api, may } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";

const LONGEST = 1000;

/** Show it; it stays true while it is open. */
export async function openWhy(image) {
  await wear(overlay().shadowRoot, "withheld").catch(() => null);
  const body = h("div", { class: "why-body" }, h("div", { class: "spinner", role: "status" }));
  const dialog = openDialog({ title: t(`why.title.${image.moderation}`), kind: "dialog why" }, body);
  const show = async () => {
    try {
      body.replaceChildren(...partsOf(await api(`/images/${image.id}/moderation`), image, show, () => dialog.close()));
    } catch {
      body.replaceChildren(h("p", {}, t("why.error")), button({ press: show }, icon("retry"), t("action.reload")));
    }
  };
  const heard = ({ detail }) => { if (detail.image_id === image.id) show(); };
  store.addEventListener("moderation", heard);
  dialog.addEventListener("close", () => store.removeEventListener("moderation", heard));
  await show();
}

function partsOf(told, image, again, close) {
  const { appeal_text: text, appealed_at: asked, answered_at: answered } = told;
  const category = has(`moderation.category.${told.category}`) ? t(`moderation.category.${told.category}`) : told.title;
  const title = told.moderation === "released" && h("p", { class: "now" }, icon("check"), t("why.title.released"));
  return [
    title,
    told.colours.length > 0 && h("div", { class: "colours", role: "img", "aria-label": t("why.colours") }, h("div", {}, told.colours.map((colour) => h("i", { style: { background: colour } })))),
    facts([["category", category], ["reason", told.reason], ["note", told.note], ["held", told.held_at && `${when(told.held_at)} · ${ago(told.held_at)}`],
      ["decided", told.decided_at && when(told.decided_at)], ["policy", told.policy_version && t("why.policy.version", { version: told.policy_version })]]),
    told.purged && h("p", {}, t("why.purged")),
    told.moderation === "held" && !asked && h("p", {}, t("why.waits")),
    text && h("section", { class: "asked-for" }, h("h3", {}, t("why.appealed")), h("blockquote", {}, text), h("p", {}, `${ago(asked)} · ${t(answered ? "why.answered" : "why.waiting")}`)),
    told.may_appeal && appealForm(image, again),
    seedButton(image, told, close),
  ].filter(Boolean);
}

const facts = (rows) => h("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, t(`why.${name}`)), h("dd", {}, value)]));

function appealForm(image, again) {
  const text = h("textarea", { id: "appeal", rows: 3, maxlength: LONGEST, required: true, "aria-describedby": "appeal-hint appeal-problem" });
  const problem = h("div", { id: "appeal-problem", class: "wrong", role: "alert" });
  const submit = h("button", { class: "button primary", type: "submit" }, icon("send"), t("why.appeal.act"));
  const send = async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return text.focus();
    submit.disabled = true;
    try {
      await api(`/images/${image.id}/appeal`, { method: "POST", json: { text: text.value.trim() } });
      toast(t("why.appeal.done"));
      await again();
    } catch (error) {
      problem.textContent = error.message;
      submit.disabled = false;
    }
  };
  return h("form", { class: "appeal-form", novalidate: true, onsubmit: send }, h("label", { for: "appeal" }, t("why.appeal.label")), text,
    h("small", { id: "appeal-hint" }, t("why.appeal.hint")), problem, h("div", { class: "choices" }, submit));
}

/** Return the way to the same settings with another seed, for those who may draw. */
function seedButton(image, told, close) {
  if (told.moderation === "released") return null;
  const press = async () => {
    close();
    await vary(await api(`/generations/${image.generation_id ?? (await api(`/images/${image.id}`)).generation_id}`));
  };
  const place = h("div", { class: "choices" });
  may("generate").then((maker) => { if (maker) place.append(button({ press }, icon("vary"), t("why.seed"))); }).catch(() => null);
  return place;
}
