/* The tools of the mask editor, in a bar above it. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import "./icons.js";

const PICTURES = { brush: "brush", eraser: "eraser", rect: "rect", lasso: "lasso", fill: "bucket" };

/** Return a tool that acts at once. */
export const act = (word, picture, press) => button({ kind: "tool", label: t(word), press }, icon(picture));

/** Return the bar for `editor`, which it follows; `more` acts on all of it. */
export function barOf(editor, ...more) {
  const names = Object.keys(editor.tools);
  const tools = names.map((name) => button({ kind: "tool", label: `${t(`${editor.constructor.words}.tool.${name}`)} (${editor.tools[name].toUpperCase()})`, press: () => editor.choose(name) }, icon(PICTURES[name])));
  const size = h("input", { type: "range", min: 1, step: 1, "aria-label": t("mask.size"), oninput: () => editor.resize(size.valueAsNumber) });
  const told = h("output", {});
  const [undo, redo] = [act("mask.undo", "undo", () => editor.undo()), act("mask.redo", "redo", () => editor.redo())];
  const bar = h("div", { class: "bar", role: "toolbar", "aria-label": t("mask.tools") },
    h("div", { class: "group" }, tools),
    h("label", { class: "size", title: `${t("mask.size")} ([ ])` }, icon("dot"), size, told),
    h("div", { class: "group" }, undo, redo),
    h("div", { class: "group" }, more),
    h("div", { class: "group" }, act("mask.zoom.out", "minus", () => editor.view.by(1 / 1.4)), act("mask.zoom.fit", "zoom", () => editor.view.fit()), act("mask.zoom.in", "plus", () => editor.view.by(1.4))));
  editor.addEventListener("told", () => {
    tools.forEach((tool, place) => tool.setAttribute("aria-pressed", String(names[place] === editor.tool)));
    size.max = Math.round(Math.max(editor.view.width, editor.view.height) / 2);
    size.value = editor.size;
    told.textContent = t("mask.size.px", { size: editor.size });
    undo.disabled = !editor.painting.canUndo;
    redo.disabled = !editor.painting.canRedo;
  });
  return bar;
}
