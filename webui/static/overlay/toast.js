/* Short notes that come and go, and what is said to screen readers. */
import { button, h } from "../core/dom.js";
import { overlay } from "./overlay.js";

const SHOWN_MS = 4_000;
const UNDO_MS = 10_000;

/** Show a note for a few seconds and say it. */
export function toast(text, kind = "plain") {
  lay(h("div", { class: `toast ${kind}` }, text), SHOWN_MS);
  say(text);
}

/** Show a note with one thing to do about it, for as long as a person needs to change their mind. */
export function offer(text, label, press) {
  const note = h("div", { class: "toast offer" }, h("span", {}, text),
    button({ kind: "undo", press: () => { clear(note); press(); } }, label));
  lay(note, UNDO_MS);
  say(`${text} ${label}`);
}

/** Say something to screen readers only. */
export function say(text) {
  overlay().surface();
  overlay().live.textContent = text;
}

function lay(note, lasting) {
  overlay().surface();
  const { toasts } = overlay();
  // A dialog lies in the top layer, above everything: a note must be shown there too.
  toasts.popover = "manual";
  toasts.append(note);
  toasts.hidePopover?.();
  toasts.showPopover?.();
  setTimeout(() => clear(note), lasting);
}

function clear(note) {
  note.remove();
  const { toasts } = overlay();
  if (!toasts.children.length) toasts.hidePopover?.();
}
