/* A menu behind a button: native popover, so that Escape and a press elsewhere close it. */
import { button, h, icon } from "./dom.js";

/** Return a button that opens a menu; `entries` returns [word, icon name, press] of each entry when it is opened. */
export function menuButton({ label, entries, kind = "button small", picture = "more" }) {
  const list = h("div", { class: "menu", popover: "auto", role: "menu", onkeydown: (event) => move(list, event) });
  const opener = button({ kind, label, "aria-haspopup": "menu", "aria-expanded": "false", press: () => open(opener, list, entries()) }, icon(picture));
  list.addEventListener("toggle", ({ newState }) => opener.setAttribute("aria-expanded", String(newState === "open")));
  return h("span", { class: "has-menu" }, opener, list);
}

function open(opener, list, entries) {
  list.replaceChildren(...entries.map(([word, picture, press]) => button({
    kind: "entry", role: "menuitem", tabindex: -1, press: () => { list.hidePopover(); press(); },
  }, icon(picture), h("span", {}, word))));
  list.showPopover();
  place(list, opener.getBoundingClientRect());
  list.firstElementChild.focus();
}

/** Put the menu under its button, or over it where there is no room. */
function place(list, { top, bottom, right }) {
  const { offsetHeight: tall, offsetWidth: wide } = list;
  const under = bottom + 6 + tall <= innerHeight;
  list.style.left = `${Math.max(8, right - wide)}px`;
  list.style.top = `${under ? bottom + 6 : Math.max(8, top - 6 - tall)}px`;
}

function move(list, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const entries = [...list.children];
  const here = entries.indexOf(event.composedPath()[0].closest(".entry"));
  entries[(here + step + entries.length) % entries.length].focus();
}
