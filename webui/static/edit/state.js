/* The picture that is drawn over, and how: kept on this device with the draft, sent beside the form. Draws nothing. */
import { PICTURE_KEY } from "../composer/draft.js";

const NOTHING = { init: null, strength: 0.75, fit: "crop", sized: "picture", mask: null, invert_mask: false, mask_blur: 4, masked_area: "whole", outpaint: null, size: null, upscale: null, shape: null, variation_seed: "", variation_strength: 0 };

/** Says "changed" when any of it does. */
export const edit = new EventTarget();

let current = kept();

/** Return it: `init` is { id, kind: "upload" or "image", width, height }, `mask` the id of an upload, `size` what is drawn. */
export const editNow = () => current;

export function setEdit(changes) {
  current = { ...current, ...changes };
  localStorage.setItem(PICTURE_KEY, JSON.stringify(current));
  edit.dispatchEvent(new Event("changed"));
}

/** Draw from another picture, or from none: what was said about the last one goes with it. Before the first there may be a strength restored. */
export function setPicture(init, about = {}) {
  const { strength } = current.init ? NOTHING : current;
  setEdit({ ...NOTHING, ...pick("variation_seed", "variation_strength", "shape"), strength, init, ...about });
}

let controls = null;
/** Take the names of the ControlNets of the model that draws: a shape for none of them is kept, and not sent. */
export function offerControls(names) {
  controls = names;
  edit.dispatchEvent(new Event("changed"));
}

/** Return what it adds to the parameters of a generation. */
export function sentEdit() {
  const { init, mask, outpaint, size, sized, strength, fit, upscale, shape, variation_seed: seed, variation_strength: share } = current;
  if (init && upscale) return { init_image: init.id, upscale, ...(upscale.method === "diffusion" && { strength }) };
  const drawnBy = shape && (controls?.includes(shape.name) ?? true) && { control: [(({ name, image, prepare, scale, end }) => ({ name, image, prepare, scale, end }))(shape)] };
  const varied = { ...drawnBy, ...(share > 0 && { variation_strength: share, ...(seed !== "" && { variation_seed: Number(seed) }) }) };
  if (!init) return varied;
  const masked = mask && { mask, ...pick("invert_mask", "masked_area") };
  return { ...varied, init_image: init.id, strength, fit, ...masked, ...(outpaint && { outpaint }), ...((mask || outpaint) && pick("mask_blur")), ...(sized === "picture" && size) };
}

const pick = (...names) => Object.fromEntries(names.map((name) => [name, current[name]]));

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(PICTURE_KEY)) ?? {};
    return { ...NOTHING, ...found, init: found.init?.id ? found.init : null };
  } catch {
    return NOTHING;
  }
}
