/* A secret or a key, shown this once. It is kept nowhere in the browser. */
import { button, h, icon } from "../core/dom.js";
import { copy } from "../core/actions.js";
import { t } from "../core/i18n.js";

const OF_A_WEBHOOK = () => ({ label: t("webhooks.secret"), title: t("webhooks.secret.title"), text: t("webhooks.secret.text") });

/** Return a panel with the secret; `done` is called when its reader has kept it, `words` say what it is. */
export function secretPanel(secret, done, words = OF_A_WEBHOOK()) {
  return h("div", { class: "secret", role: "group", "aria-label": words.label },
    h("b", {}, icon("key"), words.title), h("p", {}, words.text),
    h("div", { class: "row-of" }, h("code", {}, secret),
      button({ kind: "button copy", press: () => copy(secret) }, icon("copy"), t("action.copy")),
      button({ kind: "button quiet", press: done }, t("webhooks.secret.kept"))));
}
