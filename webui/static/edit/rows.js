/* Rows of the panel: a slider with its number beside it, and a choice between a few. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

let named = 0;

/** Return a slider between two words, with its number beside it. */
export function strengthRow(moved) {
  return slider({ label: t("edit.strength"), low: t("edit.strength.low"), high: t("edit.strength.high"), min: 0.05, max: 1, step: 0.05, least: 0.01 }, moved);
}

/** Return { element, input, show } of a slider; the number beside it takes values between its steps, too. */
export function slider({ label, low = "", high = "", min, max, step, least = min }, moved) {
  const told = (value) => { if (Number.isFinite(value)) moved(Math.min(max, Math.max(least, value))); };
  const input = h("input", { type: "range", min, max, step, "aria-label": label, oninput: () => told(input.valueAsNumber) });
  const number = h("input", { type: "number", min: least, max, step: "any", inputmode: "decimal", "aria-label": label, onchange: () => { told(number.valueAsNumber); number.value = now; } });
  let now = min;
  const show = (value) => {
    now = value;
    input.value = value;
    if (number.getRootNode().activeElement !== number) number.value = value;
  };
  const words = low && h("span", { class: "ends", "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high));
  return { element: h("div", { class: "slider" }, h("span", { class: "of" }, label), h("div", { class: "track" }, input, words), number), input, show };
}

/** Return { element, show } of a choice between a few. */
export function segments(word, choices, chosen) {
  const name = `choice-${(named += 1)}`;
  const boxes = choices.map(([value, text]) => {
    const box = h("input", { type: "radio", name, value, onchange: () => chosen(value) });
    return { box, element: h("label", {}, box, h("span", {}, text)) };
  });
  const show = (now) => boxes.forEach(({ box }) => { box.checked = box.value === now; });
  return { element: h("fieldset", { class: "segments" }, h("legend", {}, t(word)), h("div", {}, boxes.map(({ element }) => element))), show };
}
