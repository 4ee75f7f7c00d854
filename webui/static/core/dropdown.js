/* A button with a menu under it. It closes when something in it was chosen, on Escape, and on a press elsewhere. */
import { h, icon } from "./dom.js";

/** Return the menu; `fill` returns its entries each time it opens. */
export function dropdown({ label, picture = null, text = null, kind = "button" }, fill) {
  const list = h("div", { class: "drop-list" });
  const summary = h("summary", { class: kind, "aria-label": text ? null : label, title: label }, picture && icon(picture), text);
  const element = h("details", { class: "drop" }, summary, list);
  const shut = (event) => { if (!event.composedPath().includes(element)) element.open = false; };
  element.addEventListener("toggle", () => {
    if (element.open) list.replaceChildren(...[fill()].flat().filter(Boolean));
    const listen = element.open ? "addEventListener" : "removeEventListener";
    document[listen]("pointerdown", shut, true);
  });
  list.addEventListener("click", (event) => { if (event.target.closest("a, button:not([data-stays])")) close(); });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  });
  const close = () => { element.open = false; summary.focus(); };
  return element;
}
