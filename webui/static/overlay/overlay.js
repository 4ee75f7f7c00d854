/* The layer above the page: dialogs, toasts, the banner and what screen readers are told. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";

export class Overlay extends AtElement {
  static sheets = ["overlay", "parts"];

  render() {
    this.live = h("div", { class: "spoken", "aria-live": "polite" });
    this.toasts = h("div", { class: "toasts" });
    this.shadowRoot.append(this.live, this.toasts);
  }

  /** Bring notes to where they can be pressed and heard: all but the topmost dialog is shut off while that is open. */
  surface() {
    const top = [...this.shadowRoot.querySelectorAll("dialog[open]")].at(-1) ?? this.shadowRoot;
    if (this.toasts.parentNode === top) return;
    top.append(this.live, this.toasts);
    if (top !== this.shadowRoot) top.addEventListener("close", () => this.sink(), { once: true });
  }

  /** A dialog with the notes in it has closed: they outlive it. */
  sink() {
    this.shadowRoot.append(this.live, this.toasts);
    this.surface();
    if (this.toasts.children.length) this.toasts.showPopover?.();
  }
}

let layer = null;
/** Say whether a dialog lies over the page. */
export const covered = () => Boolean(layer?.shadowRoot.querySelector("dialog[open]"));

/** Return the one layer of this page. */
export function overlay() {
  if (!layer) {
    layer = document.createElement("at-overlay");
    document.body.append(layer);
  }
  return layer;
}
