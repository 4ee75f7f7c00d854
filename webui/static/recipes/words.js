/* What a step of a recipe is called, drawn as, and does, in a few words. */
import { h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

const PLACE = "{prompt}";
const PICTURES = { draw: "plus", inpaint: "brush", outpaint: "zoom", upscale: "front", redraw: "picture" };

/** Return the kind of a step, a word of ours. */
export function kindOf(step) {
  if (step.over === "nothing") return "draw";
  if (step.upscale) return "upscale";
  if (step.masked) return "inpaint";
  return step.outpaint ? "outpaint" : "redraw";
}

/** Return what a step does, such as "Upscale 2×". */
export const nameOf = (step) => t(`recipes.step.${kindOf(step)}`, { factor: step.upscale?.factor ?? 2 });

export const pictureOf = (step) => icon(PICTURES[kindOf(step)]);

/** Say whether a run brings the words of this step, or some of them. */
export const asksForWords = (step) => step.prompt.includes(PLACE) || !(step.prompt.trim() || step.upscale?.method === "resample");

/** Return what a step draws, as far as the recipe says it. */
export function promptOf(step) {
  if (step.prompt.trim()) return step.prompt.replace(PLACE, `‹${t("recipes.words")}›`);
  return step.upscale?.method === "resample" ? t("recipes.step.resampled") : `‹${t("recipes.words")}›`;
}

/** Return the settings of a step that tell steps of one kind apart. */
export function detailOf(step) {
  const strength = step.strength !== null && `${number(Math.round(step.strength * 100))} %`;
  return [strength, [...step.loras, ...step.control].map(({ name }) => name).join(", "), step.model].filter(Boolean).join(" · ");
}

/** Return the steps as a row of small pictures and words. */
export function chainOf(steps) {
  return h("ol", { class: "chain" }, steps.map((step) => h("li", { class: kindOf(step) }, pictureOf(step),
    h("span", {}, h("b", {}, nameOf(step)), h("small", { title: promptOf(step) }, promptOf(step))))));
}
