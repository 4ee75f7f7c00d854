/* A menu behind a button: a native popover, so that Escape and a press elsewhere close it, and nothing cuts it off. */
import { button, h, icon } from "./dom.js";

const IN_IT = "a, button, input";
const GAP = 6;
const EDGE = 8;

/** Return a button with a menu; `fill` returns what is in it, or will, each time it opens. Whatever is pressed in it closes it. */
export function menu({ label, text = null, picture = "more", kind = "button" }, fill) {
  const list = h("div", { class: "menu", popover: "auto" });
  const press = async () => open(opener, list, [await fill()].flat().filter(Boolean));
  const opener = button({ kind, label: text ? null : label, title: label, "aria-expanded": "false", press }, icon(picture), text);
  list.addEventListener("toggle", ({ newState }) => opener.setAttribute("aria-expanded", String(newState === "open")));
  list.addEventListener("click", ({ target }) => { if (target.closest("a, button")) list.hidePopover(); });
  return h("span", { class: "has-menu", onkeydown: (event) => heard(list, event) }, opener, list);
}

/** Return an entry of a menu: a word with a picture before it. */
export const entry = (word, picture, press) => button({ kind: "entry", press }, icon(picture), h("span", {}, word));

function open(opener, list, entries) {
  list.replaceChildren(...entries);
  list.showPopover();
  place(list, opener.getBoundingClientRect());
  list.querySelector(IN_IT)?.focus();
}

/** Put the menu under its button and in line with it, or over it and to the other side where there is no room. */
function place(list, { top, bottom, left, right }) {
  const { offsetHeight: tall, offsetWidth: wide } = list;
  const fitsUnder = bottom + GAP + tall <= innerHeight;
  const fitsRight = left + wide + EDGE <= document.documentElement.clientWidth;
  list.style.left = `${Math.max(EDGE, fitsRight ? left : right - wide)}px`;
  list.style.top = `${fitsUnder ? bottom + GAP : Math.max(EDGE, top - GAP - tall)}px`;
}

/** Arrows go through an open menu; Escape is its own, and nothing behind it hears of that. */
function heard(list, event) {
  if (!list.matches(":popover-open")) return;
  if (event.key === "Escape") event.stopPropagation();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const entries = [...list.querySelectorAll(IN_IT)];
  const here = entries.indexOf(event.composedPath()[0].closest(IN_IT));
  entries[(here + step + entries.length) % entries.length].focus();
}
