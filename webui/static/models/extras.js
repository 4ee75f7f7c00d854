/* What else a model can be asked for: LoRAs, ControlNets and textual inversions; of one in trouble, why it cannot be used. */
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** Return a list for each kind that the model of this card has. */
export const extras = ({ loras = [], controls = [], embeddings = [] }) => [
  list(t("models.loras"), "loras", loras, ({ name, scale, trigger_words: words }) => [
    h("code", {}, `<lora:${name}:${scale}>`), words.length > 0 && said(t("models.lora.words", { words: words.join(", ") })),
  ]),
  list(t("models.controls"), "controls", controls, ({ name }) => [h("code", {}, name)]),
  list(t("models.embeddings"), "embeddings", embeddings, ({ name, tokens, trouble }) => [
    h("code", {}, name), !trouble && said(t(tokens === 1 ? "models.embedding.tokens.one" : "models.embedding.tokens", { count: tokens })),
  ]),
];

const said = (text) => h("span", { class: "sub" }, ` ${text}`);

function list(title, kind, all, about) {
  const one = (of) => h("li", {}, h("span", { title: of.description || of.sha256 }, of.title, " "), ...about(of), of.licence && h("span", { class: "sub" }, ` · ${of.licence}`),
    of.trouble && h("p", { class: "why" }, icon("warning"), h("span", {}, t("models.lora.trouble", { reason: of.trouble }))));
  return all.length > 0 && h("section", { class: "loras", "data-kind": kind }, h("h3", {}, title), h("ul", {}, all.map(one)));
}
