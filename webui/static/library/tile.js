/* One image in the grid: its picture, and on hover or focus its check, its star and its status. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { isLarge, showIn } from "./pictures.js";

const SAID = 120;

/** Return a cell; `acts` are what its three buttons do. */
export function tileOf(image, { place, width, height, selected }, acts) {
  const label = [image.parameters.prompt.slice(0, SAID), t(`status.${image.status}`), image.starred && t("library.starred"), image.stack_count > 1 && t("library.stack.count", { count: image.stack_count })].filter(Boolean).join(", ");
  return h("div", { class: `cell${selected ? " selected" : ""}${image.starred ? " starred" : ""}`, role: "gridcell", "aria-selected": String(selected), "data-place": place, "data-id": image.id, style: { width: `${width}px` } },
    button({ kind: "picture", "aria-label": label, press: acts.open }, image.moderation === "released" ? pictureOf(image, Math.max(width, height)) : withheld(image)),
    button({ kind: "check", tabindex: -1, "aria-pressed": String(selected), "aria-label": t("library.select"), press: acts.select }, icon("check")),
    button({ kind: "mark", tabindex: -1, "aria-pressed": String(image.starred), "aria-label": t("changes.star"), press: acts.star }, icon("star")),
    image.status !== "draft" && h("i", { class: `dot ${image.status}`, title: t(`status.${image.status}`) }),
    image.stack_count > 1 && h("span", { class: "times", "aria-hidden": "true" }, icon("stack"), number(image.stack_count)));
}

function pictureOf(image, px) {
  const picture = h("img", { alt: "", decoding: "async", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(h("span", { class: "withheld" }, icon("unseen"))), { once: true });
  if (isLarge(px)) picture.src = contentOf(image.id, "preview");
  else showIn(picture, image.id);
  return picture;
}

function withheld({ moderation }) {
  const word = { held: "held", rejected: "rejected" }[moderation] ?? "pending";
  return h("span", { class: "withheld" }, icon(word === "pending" ? "shield" : "lock"), h("span", {}, t(`state.${word}`)));
}
