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
      this.show({ tokens: null, notes: [] });
    }
  }

  show({ tokens, limit, chunks, notes }) {
    this.count.replaceChildren(...tokens === null ? [] : counted(tokens, limit, chunks));
    this.notes.replaceChildren(...notes.map(({ code, text }) => {
      const key = `prompt.note.${code}`;
      return h("li", {}, has(key) ? t(key) : text);
    }));
  }
}

/** Return the count for eyes, and for ears. */
function counted(tokens, limit, chunks) {
  const room = { tokens: number(tokens), limit: number(limit * chunks), chunks: number(chunks) };
  return [
    h("span", { "aria-hidden": "true" }, t(chunks > 1 ? "tokens.parts" : "tokens.count", room)),
    h("span", { class: "spoken" }, t(chunks > 1 ? "tokens.parts.spoken" : "tokens.count.spoken", room)),
  ];
}
