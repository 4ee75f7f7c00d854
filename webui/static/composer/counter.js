/* Under the prompt: how many tokens it has, and what is read otherwise than it may be meant. */
import { api, may } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { values } from "./form.js";

const PAUSE_MS = 300;

export class Counter extends AtElement {
  static sheets = ["composer_parts"];

  render() {
    this.count = h("p", { class: "count", title: t("tokens.title") });
    this.notes = h("ul", { class: "notes", role: "status" });
    this.shadowRoot.append(this.count, this.notes);
  }

  connected() {
    may("generate").then((allowed) => {
      if (!allowed || !this.isConnected) return;
      this.listen(document, "atelier:form", () => this.later());
      this.later();
    }).catch(() => null);
  }

  disconnected() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  /** Ask once nobody has typed for a moment. */
  later() {
    if (values().prompt === this.prompt) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    this.asking?.abort();
    const { signal } = this.asking = new AbortController();
    const { prompt } = values();
    this.prompt = prompt;
    try {
      this.show(await api("/prompts/reading", { method: "POST", json: { prompt }, signal }));
    } catch {
      if (signal.aborted) return;
      this.prompt = null; // so that the next change asks again
      this.show({ ways: 1, tokens: null, notes: [] });
    }
  }

  show({ ways, tokens, limit, chunks, notes, words }) {
    const open = ways > 1 ? [h("span", { class: "ways" }, t("tokens.ways", { ways: number(ways) }))] : [];
    this.count.replaceChildren(...open, ...tokens === null ? [] : counted(tokens, limit, chunks, ways));
    this.notes.replaceChildren(...notes.map(({ code, text }) => {
      const key = `prompt.note.${code}`;
      return h("li", {}, has(key) ? t(key) : text);
    }));
    const { prompt } = this;
    if (words?.length) import("./words.js").then(({ lines }) => lines(this.shadowRoot, words, prompt)).then((found) => prompt === this.prompt && this.notes.prepend(...found));
  }
}

/** Return the count for eyes, and for ears; of several ways it is that of the longest. */
function counted(tokens, limit, chunks, ways) {
  const room = { tokens: number(tokens), limit: number(limit * chunks), chunks: number(chunks) };
  const [seen, heard] = ["", ".spoken"].map((how) => t(`tokens.${chunks > 1 ? "parts" : "count"}${how}`, room));
  return [
    h("span", { "aria-hidden": "true" }, ways > 1 ? t("tokens.longest", { count: seen }) : seen),
    h("span", { class: "spoken" }, ways > 1 ? t("tokens.longest", { count: heard }) : heard),
  ];
}
