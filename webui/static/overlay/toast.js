/* Short notes that come and go, and what is said to screen readers. */
import { h } from "../core/dom.js";
import { overlay } from "./overlay.js";

const SHOWN_MS = 4_000;

/** Show a note for a few seconds and say it. */
export function toast(text, kind = "plain") {
  const note = h("div", { class: `toast ${kind}` }, text);
  const { toasts } = overlay();
  // A dialog lies in the top layer, above everything: a note must be shown there too.
  toasts.popover = "manual";
  toasts.append(note);
  toasts.hidePopover?.();
  toasts.showPopover?.();
  setTimeout(() => {
    note.remove();
    if (!toasts.children.length) toasts.hidePopover?.();
  }, SHOWN_MS);
  say(text);
}

/** Say something to screen readers only. */
export function say(text) {
  overlay().live.textContent = text;
}
