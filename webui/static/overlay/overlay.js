/* The layer above the page: dialogs, toasts, the banner and what screen readers are told. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";

export class Overlay extends AtElement {
  static sheets = ["overlay"];

  render() {
    this.live = h("div", { class: "spoken", "aria-live": "polite" });
    this.toasts = h("div", { class: "toasts" });
    this.shadowRoot.append(this.live, this.toasts);
  }
}

let layer = null;
/** Return the one layer of this page. */
export function overlay() {
  if (!layer) {
    layer = document.createElement("at-overlay");
    document.body.append(layer);
  }
  return layer;
}
