/* What lies over the whole page while a picture is dragged over it, and while it is read. */
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";

let veil = null;
wear(overlay().shadowRoot, "restore");

/** Show that a picture can be dropped here. */
export function showVeil() {
  if (veil) return;
  veil = h("div", { class: "veil" }, h("div", { class: "target" },
    h("span", { class: "mark" }, icon("picture")), h("strong", {}, t("restore.drop")), h("span", {}, t("restore.drop.text"))));
  overlay().shadowRoot.append(veil);
}

export function hideVeil() {
  veil?.remove();
  veil = null;
}

/** Show that a picture is being read, unless that is over at once; returns what ends it. */
export function reading() {
  const shown = h("div", { class: "veil still", role: "status", hidden: true }, h("div", { class: "target" },
    h("div", { class: "spinner" }), h("strong", {}, t("restore.reading"))));
  overlay().shadowRoot.append(shown);
  const late = setTimeout(() => { shown.hidden = false; }, 200);
  return () => { clearTimeout(late); shown.remove(); };
}
