/* The filters on a narrow window: behind a button that says how many are set, in a sheet at the bottom. */
import { button, h, icon } from "../core/dom.js";
import { wear } from "../core/styles.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";

const wide = matchMedia("(min-width: 901px)");

export class Sheet {
  /** `parts` are what stands beside the grid where there is room: each is lent to the sheet while that is open. */
  constructor(...parts) {
    this.parts = parts;
    this.count = h("span", {});
    this.element = button({ kind: "button small filters", "aria-haspopup": "dialog", press: () => this.open() }, icon("filter"), h("span", {}, t("library.facets")), this.count);
    this.done = button({ kind: "button primary", press: () => this.dialog.close() }, t("library.sheet.show"));
  }

  /** Say how many filters are set. */
  tell(count) {
    this.count.textContent = count ? ` · ${count}` : "";
  }

  /** Say how many images are found. */
  total(text) {
    this.done.textContent = text ? t("library.sheet.show.count", { count: text }) : t("library.sheet.show");
  }

  async open() {
    await wear(overlay().shadowRoot, "facets");
    const places = this.parts.map((part) => h("i", { hidden: true }));
    this.parts.forEach((part, at) => part.replaceWith(places[at]));
    this.dialog = openDialog({ title: t("library.facets"), kind: "dialog sheet" }, ...this.parts, h("footer", {}, this.done));
    const widened = () => this.dialog.close();
    wide.addEventListener("change", widened, { once: true });
    this.dialog.addEventListener("close", () => {
      wide.removeEventListener("change", widened);
      places.forEach((place, at) => place.replaceWith(this.parts[at]));
    }, { once: true });
  }
}
