/* On Create, further ways to say what is drawn, where the model that draws has them: a shape to draw by, LoRAs and words of its
   own. One line each; what is behind it is loaded when it is opened, or when something is chosen already. */
import { api } from "../core/api.js";
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { loadSheets } from "../core/styles.js";
import { values } from "../composer/form.js";
import "./icons.js";
import { edit, editNow, offerControls } from "./state.js";

const TAG = /<lora:[^<>:]+(?::[^<>]*)?>/g;

class Ways extends AtElement {
  static sheets = ["presets", "ways"];

  render() {
    const opener = (name, picture) => button({ kind: "opener", "aria-expanded": "false", "data-way": name, press: () => this.toggle(name) }, icon(picture), h("span", {}), icon("down"));
    this.openers = { shape: opener("shape", "outline"), loras: opener("loras", "layers") };
    this.places = { shape: h("div", {}), loras: h("div", {}) };
    this.panels = {};
    this.shadowRoot.append(h("div", { class: "style-row" }, Object.values(this.openers)), h("div", { class: "places" }, Object.values(this.places)), h("slot"));
  }

  async connected() {
    this.hidden = true;
    this.listen(edit, "changed", () => this.show());
    this.listen(document, "atelier:form", () => this.show());
    const [model] = await api("/models").catch(() => []);
    if (!model) return;
    this.model = model;
    import("../composer/warmth.js").then(({ tellWarmth }) => tellWarmth(model));
    import("../composer/stopped.js").then(({ tellStops }) => tellStops(model));
    offerControls(model.controls.map(({ name, trouble }) => (trouble ? null : name)));
  }

  /** Say what is chosen, and open the shape that is. */
  show() {
    if (!this.model) return;
    const { controls, loras, embeddings } = this.model;
    const { shape } = editNow();
    const worn = (values().prompt.match(TAG) ?? []).length;
    this.openers.shape.hidden = !controls.length && !shape;
    this.openers.loras.hidden = !loras.length && !embeddings.length;
    this.hidden = Object.values(this.openers).every((one) => one.hidden);
    this.openers.shape.children[1].textContent = t(shape ? "shape.chosen" : "shape.line");
    this.openers.loras.children[1].textContent = worn ? t("loras.chosen", { count: number(worn) }) : t("loras.line");
    if (shape && !this.shown) this.open("shape", true);
    this.shown = Boolean(shape);
    Object.values(this.panels).forEach((panel) => panel.show?.());
  }

  toggle(name) {
    return this.open(name, this.openers[name].getAttribute("aria-expanded") !== "true");
  }

  async open(name, on) {
    this.openers[name].setAttribute("aria-expanded", String(on));
    this.places[name].hidden = !on;
    if (on) this.panels[name] ??= await (name === "shape" ? shapePanel : loraPanel)(this);
    return this.panels[name];
  }

  /** Return the panel for shapes if something was laid on it: `path` are the elements that it was laid on. */
  shapeUnder(path) {
    return path.includes(this.places.shape) ? this.panels.shape : null;
  }

  async focus() {
    (await this.open("shape", true)).focus();
  }
}

const shapePanel = async (host) => (await import("./shape_panel.js")).makeShapePanel(host, host.places.shape);
const loraPanel = async (host) => (await import("../composer/loras.js")).makeLoras(host, host.places.loras);

/** Make the element what it is, once its sheets apply. */
export async function define() {
  await loadSheets(...Ways.sheets);
  if (!customElements.get("at-ways")) customElements.define("at-ways", Ways);
}
