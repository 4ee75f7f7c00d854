/* How a list is empty, how it could not be loaded, and how it looks until it is. */
import { button, h, icon } from "./dom.js";
import { t } from "./i18n.js";

/** Return what stands where a list could not be loaded; `again` loads it. */
export function failed(title, again) {
  return h("div", { class: "empty" }, icon("warning"), h("h2", {}, title), button({ press: again }, icon("retry"), t("action.reload")));
}

/** Return what stands where there is nothing, and what to do next. */
export function nothing(picture, title, text, ...next) {
  return h("div", { class: "empty" }, icon(picture), h("h2", {}, title), h("p", {}, text), next);
}

/** Return grey places for rows that are on their way. */
export function ghosts(kind = "ghost row-ghost", count = 5) {
  return h("div", { "aria-hidden": "true" }, Array.from({ length: count }, () => h("div", { class: kind })));
}
