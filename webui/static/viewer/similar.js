/* What looks like an image: a strip of small pictures, and the way to all of them. Hidden where nothing does. */
import { api, contentOf } from "../core/api.js";
import { button, h } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

const SHOWN = 8;
const LOOKED_AT_MS = 350; // whoever pages on quickly asks for nothing
const SAME = 0.98;

export class Similar {
  constructor(open) {
    this.open = open;
    this.strip = h("ul", { class: "lineage" });
    this.all = h("a", { class: "all" }, t("similar.all"));
    this.element = h("section", { hidden: true }, h("h2", {}, t("similar"), this.all), this.strip);
  }

  /** Show what looks like this image once it has been looked at for a moment. */
  load(image) {
    this.image = image;
    this.element.hidden = true;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.ask(image), LOOKED_AT_MS);
  }

  async ask(image) {
    const found = await api(`/library/${image.id}/similar?limit=${SHOWN}`).catch(() => []);
    if (this.image !== image || !found.length) return;
    this.all.href = `/library?q=${encodeURIComponent(`like:${image.id}`)}`;
    this.strip.replaceChildren(...found.map((one) => this.step(one)));
    this.element.hidden = false;
  }

  step({ score, image }) {
    const picture = h("img", { src: contentOf(image.id, "thumb"), alt: "", loading: "lazy", width: 56, height: 56 });
    const word = score >= SAME ? "similar.same" : "similar.like";
    const label = t(word, { prompt: image.parameters.prompt.slice(0, 80), percent: number(Math.round(score * 100)) });
    return h("li", {}, button({ kind: "step", label, press: () => this.open(image) }, picture));
  }
}
