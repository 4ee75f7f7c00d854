/* The right side of Create: what is being drawn and what was drawn lately; examples when there is nothing. */
import { api, may } from "./core/api.js";
import { AtElement } from "./core/element.js";
import { h } from "./core/dom.js";
import { cancel } from "./core/actions.js";
import { t } from "./core/i18n.js";
import { onKey } from "./core/keys.js";
import { failed } from "./core/lists.js";
import { learn, newestFirst, running, store } from "./core/store.js";
import { say } from "./overlay/toast.js";
import { examples, onlyLooking } from "./examples.js";

const SHOWN = 13;

export class Feed extends AtElement {
  static sheets = ["feed"];

  render() {
    this.cards = h("div", { class: "cards" });
    this.space = h("div");
    this.shadowRoot.append(h("header", { class: "bar" }, h("h1", {}, t("create.title")), h("span", { class: "sub" }, t("create.sub"))),
      this.space, this.cards);
    this.load();
  }

  connected() {
    this.listen(store, "generation", ({ detail }) => this.heard(detail));
    onKey("Shift+X", () => { const [last] = running().slice(-1); if (last) cancel(last); });
  }

  async load() {
    this.space.replaceChildren(skeleton());
    try {
      const [{ items }, maker] = await Promise.all([api(`/generations?limit=${SHOWN}`), may("generate")]);
      this.maker = maker;
      this.loaded = true;
      items.forEach(learn);
      this.show();
    } catch {
      this.space.replaceChildren(failed(t("create.error"), () => this.load()));
    }
  }

  heard({ generation, before }) {
    if (this.loaded) this.show();
    if (before && before.state !== generation.state) announce(generation);
  }

  /** Lay the cards out, newest first; a card that is there stays the same element. */
  show() {
    const wanted = newestFirst().slice(0, SHOWN);
    this.space.replaceChildren(...(wanted.length ? [] : [this.maker ? examples() : onlyLooking()]));
    const have = new Map([...this.cards.children].map((card) => [card.generation?.id, card]));
    const cards = wanted.map((one) => have.get(one.id) ?? cardOf(one));
    cards.forEach((card, place) => {
      card.toggleAttribute("hero", place === 0);
      if (this.cards.children[place] !== card) this.cards.insertBefore(card, this.cards.children[place] ?? null);
    });
    [...this.cards.children].slice(cards.length).forEach((old) => old.remove());
  }
}

/** Return a card for a generation. */
export function cardOf(generation) {
  const card = document.createElement("at-card");
  card.generation = generation;
  return card;
}

function skeleton() {
  return h("div", { class: "cards", "aria-hidden": "true" }, Array.from({ length: 4 }, (_, place) => h("div", { class: `ghost${place ? "" : " hero"}` })));
}

function announce(generation) {
  const held = generation.images.some((image) => image.moderation === "held");
  const key = { succeeded: held ? "say.held" : "say.ready", failed: "say.failed" }[generation.state];
  if (key) say(t(key));
}
