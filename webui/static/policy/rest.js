/* What a draft says of previews and of the images that are looked at by chance. */
import { h } from "../core/dom.js";
import { check } from "../core/form.js";
import { t } from "../core/i18n.js";

const PREVIEWS = ["checked", "blurred", "off"];

export function rest(document, changed) {
  const boxes = PREVIEWS.map((value) => h("input", { type: "radio", name: "previews", value, checked: value === document.previews, onchange: () => { document.previews = value; changed(); } }));
  const sampled = h("input", { type: "number", id: "sampled", min: 0, max: 100, step: 0.1, inputmode: "decimal", value: Number((document.sampled * 100).toFixed(4)), "aria-describedby": "sampled-hint",
    oninput: () => {
      const share = sampled.valueAsNumber / 100;
      const right = share >= 0 && share <= 1;
      sampled.toggleAttribute("aria-invalid", !right);
      if (!right) return;
      document.sampled = share;
      changed();
    } });
  return h("section", {}, h("fieldset", {}, h("legend", {}, h("h3", {}, t("policy.field.previews"))), h("div", { class: "checks" }, boxes.map((box) => check(box, t(`policy.previews.${box.value}`), t(`policy.previews.${box.value}.hint`))))),
    h("div", { class: "field narrow" }, h("label", { for: "sampled" }, t("policy.sampled")), sampled, h("small", { id: "sampled-hint" }, t("policy.sampled.hint"))));
}
