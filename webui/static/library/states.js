/* What the library shows where there are no images: until they come, and when there are none. */
import { button, h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { nothing } from "../core/lists.js";

const PLACES = 12;

/** Return grey places for tiles that are on their way. */
export const ghosts = () => h("div", { class: "ghosts", "aria-hidden": "true" }, Array.from({ length: PLACES }, () => h("div", { class: "ghost" })));

/** Return why there are none, and what to do next. */
export function emptyOf({ results, query, maker, box, scope, search }) {
  if (results.inTrash) return nothing("trash", t("library.trash.title"), t("library.trash.text"));
  const clear = () => { search(""); box.input.focus(); };
  if (query) return nothing("search", t("library.none.title"), t("library.none.text"), button({ press: clear }, t("history.clear")));
  if (scope.gallery) return nothing("gallery", t("galleries.images.empty.title"), t("galleries.images.empty.text"), h("a", { class: "button", href: "/library" }, t("nav.library")));
  const make = maker && h("a", { class: "button primary", href: "/" }, t("history.empty.action"));
  return nothing("library", t("library.empty.title"), t(maker ? "library.empty.text" : "library.empty.looking"), make);
}
