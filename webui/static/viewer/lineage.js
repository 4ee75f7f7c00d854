/* Where an image comes from and what was made of it: a strip of small pictures. Hidden where there is neither. */
import { api, contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

export class Lineage {
  constructor(open) {
    this.open = open;
    this.strip = h("ol", { class: "lineage" });
    this.element = h("section", { hidden: true }, h("h2", {}, t("lineage")), this.strip);
  }

  show(image) {
    this.image = image;
    this.element.hidden = true;
  }

  async load(image) {
    this.image = image;
    const { ancestors, children } = await api(`/library/${image.id}/lineage`).catch(() => ({ ancestors: [], children: [] }));
    if (this.image !== image || !(ancestors.length + children.length)) return;
    const arrow = () => h("li", { class: "arrow", "aria-hidden": "true" }, icon("right"));
    const parts = [...ancestors.map((one) => this.step(one, "lineage.before")), this.step(image, null)].flatMap((step, place) => (place ? [arrow(), step] : [step]));
    if (children.length) parts.push(arrow(), ...children.map((one) => this.step(one, "lineage.after")));
    this.strip.replaceChildren(...parts);
    this.element.hidden = false;
  }

  step(image, word) {
    const picture = h("img", { src: contentOf(image.id, "thumb"), alt: "", loading: "lazy", width: 56, height: 56 });
    if (!word) return h("li", { "aria-current": "true" }, h("span", { class: "step", role: "img", "aria-label": t("lineage.this") }, picture));
    return h("li", {}, button({ kind: "step", label: t(word, { prompt: image.parameters.prompt.slice(0, 80) }), press: () => this.open(image) }, picture));
  }
}
