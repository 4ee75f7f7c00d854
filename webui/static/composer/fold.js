/* Folds the advanced settings open and shut, and remembers which. The fields themselves always exist. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const KEY = "atelier.advanced";
let fold = null;

export class Fold extends AtElement {
  static sheets = ["composer_parts"];

  render() {
    this.head = button({ kind: "fold", press: () => this.toggle(!this.open) }, h("span", {}, t("advanced")), icon("down"));
    this.shadowRoot.append(this.head);
    fold = this;
  }

  connected() {
    // Our neighbour may not be drawn yet.
    requestAnimationFrame(() => this.toggle(localStorage.getItem(KEY) === "open"));
  }

  toggle(open) {
    this.open = open;
    this.head.setAttribute("aria-expanded", String(open));
    document.getElementById("advanced")?.classList.toggle("folded", !open);
    localStorage.setItem(KEY, open ? "open" : "closed");
    if (open) import("../edit/variation.js").then(({ define }) => define());
  }
}

/** Open the fold, so that a field inside can be pointed at. */
export const openFold = () => fold?.toggle(true);
