/* A table of what differs between the settings of images: only those that do, and in a prompt the words. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { differences } from "../core/settings.js";

/** Return the table of differences; `letters` head its columns. */
export function diffTable(items, letters) {
  const rows = differences(items);
  if (!rows.length) return h("p", { class: "sub" }, t("compare.same"));
  return h("table", { class: "diff" }, h("caption", { class: "hidden-text" }, t("compare.diff")),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("compare.setting")), letters.map((letter) => h("th", { scope: "col" }, letter)))),
    h("tbody", {}, rows.map(({ name, label, texts }) => h("tr", { "data-setting": name }, h("th", { scope: "row" }, label),
      name.endsWith("prompt") ? wordsOf(texts) : texts.map((text) => h("td", {}, text || "–"))))));
}

/** Return the cells of a text, with the words marked that the first one, or the other of two, does not have. */
function wordsOf(texts) {
  return texts.map((text, place) => {
    const others = wordSet(texts[place ? 0 : 1]);
    return h("td", {}, text ? text.split(/(\s+)/).map((word) => (word.trim() && !others.has(plain(word)) ? h("mark", {}, word) : word)) : "–");
  });
}

const plain = (word) => word.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const wordSet = (text) => new Set(text.split(/\s+/).map(plain));
