/* Under the advanced settings: the button that compares them. The dialog is loaded when it is first opened. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { toast } from "../overlay/toast.js";

export class CompareButton extends AtElement {
  static sheets = ["composer_parts"];

  render() {
    const press = () => import("./compare.js").then(({ openCompare }) => openCompare()).catch(() => toast(t("trouble.offline"), "bad"));
    this.shadowRoot.append(button({ kind: "button wide", "aria-haspopup": "dialog", press }, icon("mosaic"), h("span", {}, t("grids.open"))));
  }
}

/** Open the grid that the address names, if it names one. */
export async function startGrid() {
  const id = new URLSearchParams(location.search).get("grid");
  if (id) (await import("./view.js")).openGrid(id);
}
