/* Above the Generate button: the gallery that the images go into. The list that it is chosen from is loaded when it is opened. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { attempt } from "../core/actions.js";
import { origin, originNow, setOrigin } from "./origin.js";

export class Into extends AtElement {
  static sheets = ["presets"];

  render() {
    this.opener = button({ kind: "opener", "aria-haspopup": "dialog", press: () => this.choose() });
    this.off = button({ kind: "round tiny", label: t("into.off"), press: () => { setOrigin({ gallery: null }); this.opener.focus(); } }, icon("close"));
    this.shadowRoot.append(h("div", { class: "style-row into" }, h("span", {}, t("into")), this.opener, this.off), h("slot"));
    this.show();
  }

  connected() {
    this.listen(origin, "changed", () => this.show());
    this.rename();
  }

  show() {
    const { gallery } = originNow();
    this.opener.replaceChildren(icon("gallery"), h("span", {}, gallery?.name ?? t("into.none")), icon("down"));
    this.opener.setAttribute("aria-label", `${t("into")} ${gallery?.name ?? t("into.none")}`);
    this.off.hidden = !gallery;
  }

  /** The gallery may have been given another name since it was chosen. */
  async rename() {
    const { gallery } = originNow();
    const now = gallery && await api(`/galleries/${gallery.id}`).catch(() => null);
    if (now && now.name !== gallery.name && originNow().gallery === gallery) setOrigin({ gallery: { id: now.id, name: now.name } });
  }

  choose() {
    const chosen = ({ id, name }) => { setOrigin({ gallery: { id, name } }); this.opener.focus(); return true; };
    return attempt(async () => (await import("../galleries/add.js")).chooseGallery(t("into.title"), chosen));
  }
}
