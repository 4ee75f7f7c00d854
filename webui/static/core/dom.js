/* Building nodes. Text only ever becomes a text node; nothing here takes markup. */
import { PATHS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/** Return a new element: `on…` properties become listeners, true an empty attribute, null nothing. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.entries(value).forEach(([k, v]) => element.style.setProperty(k, v));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const icons = new Map();

/** Return one of our icons, hidden from screen readers: the text beside it speaks. */
export function icon(name) {
  if (!icons.has(name)) icons.set(name, drawn(name));
  return icons.get(name).cloneNode(true);
}

function drawn(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** Return a button: `kind` is a class of ours, `label` its name when it shows only an icon. */
export function button({ kind = "button", label = null, press, ...rest }, ...children) {
  return h("button", { type: "button", class: kind, "aria-label": label, title: label, onclick: press, ...rest }, ...children);
}

/** Resolves when the browser has nothing better to do. Not every browser says when; half a second is long enough. */
export const whenIdle = () => new Promise((resolve) => { if (window.requestIdleCallback) requestIdleCallback(resolve, { timeout: 500 }); else setTimeout(resolve, 200); });

/** Say whether the person is typing, so that single keys mean letters. */
export function typing(event) {
  const target = event.composedPath()[0];
  return target instanceof Element && target.matches("input:not([type=range],[type=radio],[type=checkbox]), textarea, select, [contenteditable=true]");
}
