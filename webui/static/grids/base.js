/* What stands in the form, as the parameters that all cells of a grid share. */
import { RATIOS, decoded, listed, named } from "../composer/fields.js";
import { values } from "../composer/form.js";
import { dressed } from "../composer/style.js";
import { sentEdit } from "../edit/state.js";

const STEP = 32;

/** Return the parameters for the form as it stands, with its style around the prompt and the pictures that are drawn over or by; `model` draws it when none is named, and so is not. */
export function baseOf(model) {
  const { prompt, ratio, negative_prompt, steps, guidance, seed, scheduler } = named(dressed(listed(values())));
  const [width, height] = sizeFor(ratio, model);
  const base = { prompt, negative_prompt, num_inference_steps: steps, guidance_scale: guidance, width, height };
  Object.assign(base, decoded(values()));
  if (scheduler) base.scheduler = scheduler;
  if (/^\d+$/.test(seed.trim())) base.seed = Number(seed);
  const pictures = sentEdit();
  if (pictures.upscale) delete base.guidance_scale; // as is usual for what is made larger
  return { ...base, ...pictures };
}

/** Return [width, height] for a shape by name: the same as `webui/sizes.py`. */
export function sizeFor(ratio, { defaults, max_pixels: most }) {
  const across = RATIOS[ratio] ?? 1;
  const area = defaults.width * defaults.height;
  let [width, height] = [snap(Math.sqrt(area * across)), snap(Math.sqrt(area / across))];
  while (width * height > most && Math.max(width, height) > STEP) {
    if (width >= height) width -= STEP;
    else height -= STEP;
  }
  return [width, height];
}

const snap = (length) => Math.max(STEP, Math.round(length / STEP) * STEP);
