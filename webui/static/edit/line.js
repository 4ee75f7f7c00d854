/* On Create: one line until there is a picture to draw over; then the panel about it, which is loaded for that. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { edit, editNow } from "./state.js";

export class FromPicture extends AtElement {
  static sheets = ["presets"];

  render() {
    this.opener = button({ kind: "opener", "aria-expanded": "false", press: () => this.panel() }, icon("picture"), h("span", {}, t("edit.line")), icon("down"));
    this.place = h("div", {});
    this.shadowRoot.append(this.opener, this.place, h("slot"));
  }

  connected() {
    const show = () => { if (editNow().init) this.panel(); };
    this.listen(edit, "changed", show);
    this.listen(document, "atelier:edit", async ({ detail }) => (await import("./arriving.js")).arrive(detail));
    show();
  }

  /** Return the panel, open. */
  panel() {
    return (this.opened ??= import("./panel.js").then(({ openPanel }) => openPanel(this)));
  }

  async focus() {
    (await this.panel()).focus();
  }
}
