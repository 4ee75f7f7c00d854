/* The settings of one image as a table, each value a press away from the clipboard. */
import { copy } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { decimal, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { settingsOf } from "../core/settings.js";

/** Return the table for an item; the prompt stands above it. */
export function settingsTable(item) {
  const rows = [...settingsOf(item)].filter(([name]) => name !== "prompt").map(([, row]) => row);
  return h("dl", { class: "settings" }, [...rows, ...timesOf(item)].flatMap(([label, text]) => [
    h("dt", {}, label),
    h("dd", {}, h("span", {}, text), button({ kind: "round tiny", label: `${t("action.copy")}: ${label}`, press: () => copy(text) }, icon("copy"))),
  ]));
}

function timesOf({ image, generation }) {
  const { created_at: created = image.created_at, started_at: started, ended_at: ended } = generation ?? {};
  const took = started && ended ? [[t("took"), t("took.value", { seconds: decimal((Date.parse(ended) - Date.parse(started)) / 1000) })]] : [];
  return created ? [[t("created"), when(created)], ...took] : took;
}
