/* Among the advanced settings: how far from the seed's noise towards another one's. */
import { AtElement } from "../core/element.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { loadSheets } from "../core/styles.js";
import { slider } from "./rows.js";
import { edit, editNow, setEdit } from "./state.js";

class Variation extends AtElement {
  static sheets = ["edit"];

  render() {
    this.share = slider({ label: t("variation.strength"), min: 0, max: 1, step: 0.05 }, (share) => setEdit({ variation_strength: share }));
    this.seed = h("input", { id: "seed", type: "text", inputmode: "numeric", maxlength: 10, placeholder: t("seed.random"), oninput: () => setEdit({ variation_seed: this.seed.value.replace(/\D/g, "") }) });
    this.row = h("div", { class: "seed" }, h("label", { for: "seed" }, t("variation.seed")), this.seed);
    this.shadowRoot.append(h("div", { class: "variation" }, this.share.element, this.row, h("small", {}, t("variation.hint"))), h("slot"));
  }

  connected() {
    this.listen(edit, "changed", () => this.show());
    this.show();
  }

  show() {
    const { variation_strength: share, variation_seed: seed } = editNow();
    this.share.show(share);
    this.row.hidden = !share;
    if (this.seed.value !== seed) this.seed.value = seed;
  }

  focus() {
    this.share.input.focus();
  }
}

/** Make the element what it is, once its sheet applies. */
export async function define() {
  await loadSheets(...Variation.sheets);
  if (!customElements.get("at-variation")) customElements.define("at-variation", Variation);
}
