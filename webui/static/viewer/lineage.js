/* Where an image comes from and what was made of it: a strip of small pictures. Hidden where there is neither. */
import { api, contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { opOf } from "../core/settings.js";
import { toast } from "../overlay/toast.js";
import { openCompare } from "./compare.js";

export class Lineage {
  constructor(open) {
    this.open = open;
    this.strip = h("ol", { class: "lineage" });
    this.before = button({ kind: "button small", title: `${t("lineage.compare.hint")} · B`, press: () => this.compare(this.item) }, icon("compare"), t("lineage.compare"));
    this.element = h("section", { hidden: true }, h("h2", {}, t("lineage")), this.strip, this.before);
  }

  show(image) {
    this.image = image;
    this.parent = null;
    this.element.hidden = true;
  }

  async load(image) {
    this.image = image;
    const { ancestors, children } = await api(`/library/${image.id}/lineage`).catch(() => ({ ancestors: [], children: [] }));
    if (this.image !== image || !(ancestors.length + children.length)) return;
    this.parent = ancestors.at(-1) ?? null;
    this.item = { image, parameters: image.parameters };
    this.before.hidden = !this.parent;
    const arrow = () => h("li", { class: "arrow", "aria-hidden": "true" }, icon("right"));
    const parts = [...ancestors.map((one) => this.step(one, "lineage.before")), this.step(image, null)].flatMap((step, place) => (place ? [arrow(), step] : [step]));
    if (children.length) parts.push(arrow(), ...children.map((one) => this.step(one, "lineage.after")));
    this.strip.replaceChildren(...parts);
    this.element.hidden = false;
  }

  /** Lay this image over the one that it was made from. */
  compare(item) {
    if (this.parent) openCompare([{ image: this.parent, parameters: this.parent.parameters }, item]);
    else toast(t("lineage.none"));
  }

  step(image, word) {
    const op = image.op ?? opOf(image.parameters);
    const how = op && t(`op.${op}`);
    const picture = h("img", { src: contentOf(image.id, "thumb"), alt: "", loading: "lazy", width: 56, height: 56 });
    const named = how && h("small", { class: "op" }, how);
    if (!word) return h("li", { "aria-current": "true" }, h("span", { class: "step", role: "img", "aria-label": [t("lineage.this"), how].filter(Boolean).join(", ") }, picture), named);
    return h("li", {}, button({ kind: "step", label: [t(word, { prompt: image.parameters.prompt.slice(0, 80) }), how].filter(Boolean).join(", "), press: () => this.open(image) }, picture), named);
  }
}
