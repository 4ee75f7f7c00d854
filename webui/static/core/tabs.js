/* Tabs over a space; which one is open stands in the address as ?show=, the first one without. */
import { button, h } from "./dom.js";

export class Tabs {
  #names;
  #chosen;

  /** `views` are [name, text] pairs; `chosen` is told the name and returns the element that is shown. */
  constructor(label, views, chosen) {
    this.#names = views.map(([name]) => name);
    this.#chosen = chosen;
    this.element = h("div", { class: "tabs", role: "tablist", "aria-label": label }, views.map(([name, text]) => this.#tab(name, text)));
    this.space = h("div", { role: "tabpanel", id: "space" });
  }

  /** Open the tab that the address names. */
  open() {
    const wanted = new URLSearchParams(location.search).get("show");
    this.choose(this.#names.includes(wanted) ? wanted : this.#names[0]);
  }

  choose(name) {
    for (const tab of this.element.children) tab.setAttribute("aria-selected", String(tab.dataset.view === name));
    this.of(name).scrollIntoView?.({ block: "nearest", inline: "nearest" });
    const address = new URL(location.href);
    if (name === this.#names[0]) address.searchParams.delete("show");
    else address.searchParams.set("show", name);
    history.replaceState(history.state, "", address);
    this.space.replaceChildren(this.#chosen(name));
  }

  /** Return the tab of this name. */
  of(name) {
    return this.element.children[this.#names.indexOf(name)];
  }

  #tab(name, text) {
    return button({ kind: "tab", role: "tab", "data-view": name, "aria-controls": "space", press: () => this.choose(name) }, text);
  }
}
