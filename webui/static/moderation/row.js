/* One case in the list: a check for deciding several, soft colours, what and how sure, whose, how old. */
import { h } from "../core/dom.js";
import { ago, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { blurred } from "./picture.js";
import { scoreBar } from "./scores.js";
import { marks, titleOf } from "./words.js";

/** Return a row; `open` is called when it is pressed, `check` when its box was. */
export function rowOf(flag, { open, check, checked }) {
  const box = flag.state === "open" && !flag.mine
    && h("input", { type: "checkbox", checked, "aria-label": t("moderation.select", { prompt: flag.prompt.slice(0, 60) }), onclick: (event) => event.stopPropagation(), onchange: () => check(box.checked) });
  return h("tr", { tabindex: -1, "data-id": flag.id, onclick: open, "aria-label": flag.prompt },
    h("td", { class: "box" }, box),
    h("td", { class: "thumb" }, blurred(flag)),
    h("td", { class: "what" }, h("b", {}, titleOf(flag)), h("p", {}, flag.prompt), h("div", { class: "marks" }, marks(flag))),
    h("td", { class: "score" }, flag.margin === null ? h("span", { class: "sub" }, t("moderation.not_checked")) : scoreBar(flag.margin)),
    h("td", { class: "quiet" }, h("span", {}, flag.owner.name), h("small", { title: when(flag.created_at) }, ago(flag.created_at))));
}

export function head() {
  const columns = ["select.all", "image", "case", "margin", "who"];
  return h("thead", {}, h("tr", {}, columns.map((name, place) => h("th", { scope: "col" }, place < 2 ? h("span", { class: "hidden-text" }, t(`moderation.${name}`)) : t(`moderation.${name}`)))));
}
