/* The notice above every page. Maintenance stays for as long as it holds; a piece of news can be put away. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { momentOf, noticeNow } from "../core/notice.js";
import { store } from "../core/store.js";
import { loadSheets } from "../core/styles.js";

const KEY = "atelier.notice";

export class Notice extends AtElement {
  static sheets = ["strip"];

  render() {
    this.shadowRoot.append(this.place = h("div", { role: "status" }));
  }

  connected() {
    this.listen(store, "notice", () => this.show());
  }

  show() {
    const told = noticeNow();
    const { notice, in_force: begun } = told;
    const seen = notice && (notice.kind !== "info" || (begun && localStorage.getItem(KEY) !== notice.posted_at));
    this.place.replaceChildren(...told.stops.map(stopped), ...(seen ? [strip(told, () => this.putAway(notice))] : []));
  }

  putAway({ posted_at: posted }) {
    localStorage.setItem(KEY, posted);
    this.show();
  }
}

/** Hang the place of the notice above the page. */
export async function hang() {
  await loadSheets(...Notice.sheets);
  customElements.define("at-notice", Notice);
  document.body.prepend(document.createElement("at-notice"));
}

/** Return what everybody reads of a model, or of all drawing, that is stopped in an emergency. */
export const stopped = ({ scope, name, reason }) => h("div", { class: "strip maintenance" }, icon("warning"),
  h("p", {}, h("b", {}, t(`emergency.told.${scope}`, { name })), h("span", {}, reason)));

/** Return the notice as everybody sees it; `putAway` is called when a piece of news is dismissed. */
export function strip({ notice, in_force: begun }, putAway) {
  const { kind, text, starts_at: start, ends_at: end } = notice;
  const span = t(`notice.${kind}.${begun ? "now" : "soon"}${end ? ".until" : ""}`, { start: momentOf(start), end: end && momentOf(end) });
  return h("div", { class: `strip ${kind}` }, icon(kind === "info" ? "info" : "warning"), h("p", {}, h("b", {}, span), h("span", {}, text)),
    kind === "info" && putAway && button({ kind: "round", label: t("notice.put_away"), press: putAway }, icon("close")));
}
