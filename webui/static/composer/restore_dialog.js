/* The dialog before settings are restored: what was found, what changes, what is not here; and how much of it to take. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";
import { toast } from "../overlay/toast.js";
import { setEdit } from "../edit/state.js";
import { fill, overAgain } from "./form.js";
import { stemFrom } from "./origin.js";
import { wear } from "./style.js";
import { idle } from "./restore_rows.js";

const WORDS = ["prompt", "negative_prompt"];

/** Show `rows` found in a picture of `source`; `image` is its id if it is one of ours, `picture` its address, where there is one. */
export function showRestoration({ source, rows, image = null, picture = null, draw = null }) {
  const usable = rows.filter(({ values }) => values);
  const count = usable.length;
  const take = (part, chosen) => () => { apply(usable.filter(chosen), image, part); dialog.close(); };
  const named = (name) => usable.some((row) => row.name === name);
  const dialog = openDialog({ title: t(count === 1 ? "restore.title.one" : "restore.title", { count }), kind: "dialog restore" },
    h("p", { class: "from" }, picture && h("img", { src: picture, alt: "" }), h("span", {}, t("restore.from", { tool: t(`restore.source.${source}`) }))),
    table(rows.filter((row) => !idle(row))),
    same(rows.filter(idle)),
    h("div", { class: "choices" },
      button({ kind: "button quiet", press: () => dialog.close() }, t("restore.cancel")),
      draw && button({ press: () => { dialog.close(); draw(); } }, icon("picture"), t("edit.from")),
      named("prompt") && button({ press: take("prompt", ({ name }) => WORDS.includes(name)) }, t("restore.prompt_only")),
      named("seed") && button({ press: take("remix", ({ name }) => name !== "seed") }, t("restore.but_seed")),
      button({ kind: "button primary", autofocus: true, press: take("all", () => true) }, t("restore.all"))));
  if (picture) dialog.addEventListener("close", () => URL.revokeObjectURL(picture));
}

/** Say that a picture carries no settings, whose pictures do, and what takes them out. */
export function showNothing(draw = null) {
  const dialog = openDialog({ title: t("restore.nothing.title"), kind: "dialog restore" },
    h("p", {}, t("restore.nothing.text")), h("p", {}, t("restore.nothing.lost")),
    h("div", { class: "choices" },
      button({ kind: draw ? "button quiet" : "button primary", autofocus: !draw, press: () => dialog.close() }, t("action.close")),
      draw && button({ kind: "button primary", autofocus: true, press: () => { dialog.close(); draw(); } }, icon("picture"), t("edit.from"))));
}

function apply(rows, image, part) {
  if (rows.some(({ name }) => name === "prompt")) {
    wear(null); // what a picture was drawn from has its style in it
    stemFrom(image, part);
  }
  fill(Object.assign({}, ...rows.map(({ values }) => values)));
  const beside = Object.assign({}, ...rows.map(({ edit }) => edit));
  const again = rows.find((row) => row.again)?.again;
  if (again) overAgain(again);
  if (Object.keys(beside).length) setEdit(beside);
  toast(t("restore.done"));
  document.querySelector("#prompt textarea")?.focus({ preventScroll: true });
}

function table(rows) {
  if (!rows.length) return null;
  return h("div", { class: "found", role: "table", tabindex: "0", "aria-label": t("restore.table") },
    h("div", { class: "head", role: "row" }, ["restore.setting", "restore.now", "restore.then"].map((key) => h("span", { role: "columnheader" }, t(key)))),
    rows.map(line));
}

function line({ label, now, then, note, values }) {
  return h("div", { class: note ? "line told" : "line", role: "row" },
    h("span", { class: "label", role: "rowheader" }, note && icon("warning"), label),
    h("span", { class: "now", role: "cell" }, now ?? "–"),
    h("span", { class: "then", role: "cell" }, values ? h("strong", {}, then) : h("s", {}, then), note && h("small", {}, note)));
}

function same(rows) {
  if (!rows.length) return null;
  return h("p", { class: "same" }, icon("check"), h("span", {}, t("restore.same", { names: rows.map(({ label }) => label).join(", ") })));
}
