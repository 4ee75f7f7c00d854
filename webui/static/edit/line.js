/* On Create: one line until there is a picture to draw over; then the panel about it, which is loaded for that. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { edit, editNow } from "./state.js";

export class Source extends AtElement {
  static sheets = ["presets"];

  render() {
    this.opener = button({ kind: "opener", "aria-expanded": "false", press: () => this.panel() }, icon("picture"), h("span", {}, t("edit.line")), icon("down"));
    this.place = h("div", {});
    this.shadowRoot.append(this.opener, this.place, h("slot"));
  }

  connected() {
    this.listen(edit, "changed", () => this.show());
    this.listen(document, "atelier:edit", async ({ detail }) => (await import("./arriving.js")).arrive(detail));
    this.show();
  }

  /** There may be a picture now: then the panel is open. */
  async show() {
    if (!editNow().init || this.opener.hidden) return;
    const panel = await this.load();
    if (editNow().init) panel.open(true); // it may be gone again
  }

  load() {
    return (this.opened ??= import("./panel.js").then(({ makePanel }) => makePanel(this)));
  }

  /** Return the panel, open. */
  async panel() {
    const panel = await this.load();
    panel.open(true);
    return panel;
  }

  /** Say whether the panel is open and waits for a picture. */
  get waits() {
    return this.opener.hidden && !editNow().init;
  }

  async focus() {
    (await this.panel()).focus();
  }
}
