/* Under the prompt: the image that the settings stem from, which can be taken off. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { origin, originNow, setOrigin } from "./origin.js";

export class ParentChip {
  element = h("span", { class: "stem", hidden: true });

  /** Keep up with where the form comes from for as long as `host` is in the document. */
  follow(host) {
    host.listen(origin, "changed", () => this.show());
    this.show();
  }

  show() {
    const { parent } = originNow();
    if (parent === this.shown) return;
    this.shown = parent;
    this.element.hidden = !parent;
    if (!parent) return;
    const picture = h("img", { src: contentOf(parent, "thumb"), alt: "", width: 24, height: 24 });
    picture.addEventListener("error", () => picture.replaceWith(icon("unseen")), { once: true });
    const off = () => { setOrigin({ parent: null }); document.querySelector("#prompt textarea")?.focus(); };
    this.element.replaceChildren(
      h("a", { href: `/library?image=${encodeURIComponent(parent)}`, title: t("parent.hint") }, picture, t("parent.from")),
      button({ kind: "round tiny", label: t("parent.off"), press: off }, icon("close")));
  }
}
