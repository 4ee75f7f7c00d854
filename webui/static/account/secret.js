/* A secret or a key, shown this once. It is kept nowhere in the browser. */
import { button, h, icon } from "../core/dom.js";
import { copy } from "../core/actions.js";
import { t } from "../core/i18n.js";

/** Return a panel with the secret; `word` begins the keys of what it is, `done` is called when its reader has kept it. */
export function secretPanel(secret, word, done) {
  return h("div", { class: "secret", role: "group", "aria-label": t(word) },
    h("b", {}, icon("key"), t(`${word}.title`)), h("p", {}, t(`${word}.text`)),
    h("div", { class: "row-of" }, h("code", {}, secret),
      button({ kind: "button copy", press: () => copy(secret) }, icon("copy"), t("action.copy")),
      button({ kind: "button quiet", press: done }, t("webhooks.secret.kept"))));
}

/** Bring the panel in `place` into view, and begin at its button to copy. */
export function focusSecret(place) {
  place.firstElementChild?.scrollIntoView({ block: "nearest" });
  place.querySelector(".copy")?.focus({ preventScroll: true });
}
