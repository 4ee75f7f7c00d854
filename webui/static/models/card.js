/* One model: what it is, how it did in thirty days, and what can be chosen about it. */
import { api } from "../core/api.js";
import { attempt, copy } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, decimal, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { toast } from "../overlay/toast.js";
import { NONE, megabytes, seconds, share } from "../figures/units.js";
import { askToSwitchOff } from "./switch_off.js";

const SHOWN_OF_DIGEST = 12;
const A_MILLION = 1e6;

/** Return the card; `alone`: no other one is on; `figures` are of the last days, null where they could not be had. */
export function modelCard(model, { figures, ready, alone, changed }) {
  const { name, card } = model;
  return h("li", { class: "model", "data-model": name },
    h("header", {}, h("h2", {}, card?.title ?? name), h("code", {}, name), tags(model, ready)),
    card && h("p", { class: "about" }, card.description),
    !model.enabled && h("p", { class: "why" }, icon("info"), h("span", {}, t("models.why", { reason: model.reason }))),
    figures && results(figures),
    card && facts(card),
    card && loras(card),
    h("footer", {}, acts(model, alone, changed), model.changed_at && h("span", { class: "sub", title: when(model.changed_at) }, t("models.changed", { who: model.changed_by ?? t("models.somebody"), when: ago(model.changed_at) }))));
}

function tags({ card, enabled, is_default: first }, ready) {
  return h("span", { class: "tags" }, first && h("span", { class: "tag live" }, t("models.tag.default")),
    !enabled && h("span", { class: "tag warn" }, t("models.tag.off")),
    !card && h("span", { class: "tag plain" }, t("models.tag.gone")),
    enabled && card && h("span", { class: `tag ${ready ? "ok" : "plain"}` }, t(ready ? "models.tag.ready" : "models.tag.away")));
}

function results({ images = 0, run_p50: half = null, run_p95: most = null, hold_rate: held = null }) {
  const figure = (name, value) => h("div", {}, h("dt", {}, t(`models.figure.${name}`)), h("dd", {}, value));
  return h("dl", { class: "results", "aria-label": t("models.figures") }, figure("images", number(images)), figure("half", seconds(half)), figure("most", seconds(most)), figure("held", share(held)));
}

function facts(card) {
  const { defaults: usual } = card;
  const fact = (name, ...value) => [h("dt", {}, t(`models.fact.${name}`)), h("dd", {}, value)];
  return h("dl", { class: "facts" },
    fact("family", card.family || NONE), fact("licence", card.licence || NONE),
    fact("usual", t("models.usual", { width: usual.width, height: usual.height, steps: usual.num_inference_steps, guidance: decimal(usual.guidance_scale), scheduler: usual.scheduler })),
    fact("largest", t("models.megapixels", { count: decimal(card.max_pixels / A_MILLION) })),
    fact("price", t("models.price", { factor: decimal(card.credit_factor) })),
    fact("checker", card.safety_checker),
    fact("weights", card.weights_bytes === null ? null : `${megabytes(card.weights_bytes)} · `, h("code", { title: card.weights_sha256 }, card.weights_sha256.slice(0, SHOWN_OF_DIGEST)),
      button({ kind: "round tiny", label: t("models.copy", { name: card.title }), press: () => copy(card.weights_sha256) }, icon("copy"))));
}

/** The LoRAs of a model: name, words that belong into the prompt; of one in trouble, why it cannot be used. */
function loras({ loras: all = [] }) {
  if (!all.length) return null;
  const one = ({ name, title, trigger_words: words, scale, licence, sha256, trouble }) => h("li", {},
    h("span", { title: sha256 }, title, " "), h("code", {}, `<lora:${name}:${scale}>`),
    words.length > 0 && h("span", { class: "sub" }, ` ${t("models.lora.words", { words: words.join(", ") })}`), licence && h("span", { class: "sub" }, ` · ${licence}`),
    trouble && h("p", { class: "why" }, icon("warning"), h("span", {}, t("models.lora.trouble", { reason: trouble }))));
  return h("section", { class: "loras" }, h("h3", {}, t("models.loras")), h("ul", {}, all.map(one)));
}

function acts(model, alone, changed) {
  const { name, card, enabled, is_default: first } = model;
  const title = card?.title ?? name;
  const act = (word, picture, press, kind = "") => button({ kind: `button small ${kind}`, label: t(`models.${word}.label`, { name: title }), press }, icon(picture), t(`models.${word}`));
  const change = (json, said) => attempt(async () => {
    await api(`/models/${encodeURIComponent(name)}`, { method: "PATCH", json });
    toast(t(said, { name: title }));
    changed();
  });
  if (!enabled) return act("on", "play", () => change({ enabled: true }, "models.said.on"), "primary");
  if (!card) return null;
  return h("div", { class: "row-of" }, !first && act("default", "check", () => change({ is_default: true }, "models.said.default")),
    alone ? h("span", { class: "sub" }, t("models.alone")) : act("off", "pause", () => askToSwitchOff({ name, title, first, changed }), "bad"));
}
