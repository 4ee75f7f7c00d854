/* The model's LoRAs and the words of its own, chosen by a press. What is chosen stands in the prompt, as `<lora:name:0.8>` or as the
   word itself, and nowhere else: there it can be read, typed, kept and taken back. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { slider } from "../edit/rows.js";
import { fill, values } from "./form.js";

const MOST = 2;
const STEP = 0.05;

/** Return the panel, in its place. */
export async function makeLoras(host, place) {
  await wear(host.shadowRoot, "edit");
  const panel = new Loras(host.model);
  place.replaceChildren(panel.element);
  panel.show();
  return panel;
}

/** Return the scale of a LoRA in a prompt; null where it is not in it. */
function scaleIn(prompt, name) {
  const found = [...prompt.matchAll(/<lora:([^<>:]+)(?::([^<>]*))?>/g)].findLast(([, one]) => one.trim() === name);
  return found ? Number(found[2] ?? 1) : null;
}

/** Return the prompt with a LoRA at a scale, or null for without it; what else stands in it stays as it is. */
export function withLora(prompt, name, scale) {
  const tag = scale === null ? "" : `<lora:${name}:${Number(scale.toFixed(2))}>`;
  const here = new RegExp(`\\s?<lora:\\s*${literal(name)}\\s*(?::[^<>]*)?>`, "g");
  let placed = false;
  const changed = prompt.replace(here, (old) => {
    if (!tag || placed) return "";
    placed = true;
    return old.startsWith("<") ? tag : old[0] + tag;
  });
  return placed || !tag ? changed.trim() : `${prompt.trimEnd()} ${tag}`.trimStart();
}

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const wordOf = (word) => new RegExp(`(?<![\\p{L}\\p{N}_-])${literal(word)}(?![\\p{L}\\p{N}_-])`, "iu");
const spoken = (prompt) => prompt.replace(/<lora:[^<>]*>/g, " "); // the name of a LoRA is no word of the prompt

/** Return the prompt with a word of the model's own, or without it. */
function toggled(prompt, word) {
  if (!wordOf(word).test(spoken(prompt))) return prompt.trim() ? `${prompt.trimEnd()}, ${word}` : word;
  return prompt.replace(new RegExp(`\\s*,?\\s*${wordOf(word).source}`, "iu"), "").replace(/^\s*,\s*/, "");
}

class Loras {
  constructor({ loras, embeddings }) {
    this.rows = loras.map((lora) => rowOf(lora));
    this.words = embeddings.filter(({ trouble }) => !trouble).map((one) => new Word(one.name, one.title, one.description));
    const broken = embeddings.filter(({ trouble }) => trouble).map(({ title, trouble }) => h("small", { class: "limit" }, t("loras.trouble", { title, trouble })));
    this.element = h("section", { class: "panel", "aria-label": t("loras.panel") },
      this.rows.map(({ element }) => element),
      this.words.length > 0 && h("div", { class: "words own" }, h("span", {}, t("loras.words")), this.words.map(({ element }) => element)), broken);
  }

  show() {
    [...this.rows, ...this.words].forEach((one) => one.show(values().prompt));
  }
}

function rowOf({ name, title, description, trigger_words: words, scale, trouble }) {
  const put = (now) => fill({ prompt: withLora(values().prompt, name, now) });
  const box = h("input", { type: "checkbox", disabled: Boolean(trouble), onchange: () => put(box.checked ? scale : null) });
  const about = trouble ? t("loras.broken", { trouble }) : description;
  const share = slider({ label: t("loras.scale", { title }), low: t("loras.scale.low"), high: t("loras.scale.high"), min: 0, max: MOST, step: STEP, least: -MOST }, put);
  const offered = words.map((word) => new Word(word, word));
  const more = h("div", { hidden: true }, share.element, words.length > 0 && h("div", { class: "words" }, h("span", {}, t("loras.triggers")), offered.map(({ element }) => element)));
  return {
    element: h("div", { class: `lora${trouble ? " broken" : ""}` }, h("label", { class: "what" }, box, h("span", {}, h("b", {}, title), about && h("small", {}, about))), more),
    show(prompt) {
      const now = scaleIn(prompt, name);
      box.checked = now !== null;
      more.hidden = now === null;
      if (Number.isFinite(now)) share.show(now ?? scale);
      offered.forEach((one) => one.show(prompt));
    },
  };
}

/** A word that is put into the prompt, or taken out of it. */
class Word {
  constructor(word, title, hint = "") {
    this.word = word;
    this.mark = h("span", {});
    this.element = button({ kind: "word", title: hint || word, press: () => fill({ prompt: toggled(values().prompt, word) }) }, this.mark, h("span", {}, title));
  }

  show(prompt) {
    const on = wordOf(this.word).test(spoken(prompt));
    this.element.setAttribute("aria-pressed", String(on));
    this.mark.replaceChildren(icon(on ? "check" : "plus"));
  }
}
