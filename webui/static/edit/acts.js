/* What can be drawn from an image, wherever it is shown: edited with a mask, drawn over, varied. */
import { generate } from "../core/api.js";
import { attempt, vary } from "../core/actions.js";
import { t } from "../core/i18n.js";
import { entry } from "../core/menu.js";
import { learn } from "../core/store.js";
import { toast } from "../overlay/toast.js";

// How far a variation goes: in noise, and where a picture was drawn over, in how much of it is drawn anew.
const FAR = { subtle: { noise: 0.15, over: 0.35 }, strong: { noise: 0.4, over: 0.6 } };

/** Open the form with this image, its prompt and its settings, and with the editor of what is to be drawn anew. */
export const openEdit = (item) => go("edit", { ...item, mask: true });

/** Draw from this image; what stands in the form stays. */
export const useAsStart = (item) => go("start", { image: item.image });

function go(way, detail) {
  if (location.pathname !== "/") location.assign(`/?${way}=${encodeURIComponent(detail.image.id)}`);
  else document.dispatchEvent(new CustomEvent("atelier:edit", { detail }));
}

/** Return the entries of the menu under Vary; `before` is called first. */
export function varyEntries(item, before = () => null) {
  const act = (word, picture, press) => entry(t(word), picture, () => { before(); press(); });
  return [
    ...(item.parameters.decoder === "tiny" ? [act("action.fine", "create", () => drawFine(item))] : []),
    act("vary.subtle", "vary", () => variation(item, "subtle")), act("vary.strong", "vary", () => variation(item, "strong")),
    act("vary.seed", "retry", () => vary(item, item.image.id)), act("edit.start", "picture", () => useAsStart(item)),
  ];
}

/** Draw a draft again as the model usually draws, with its words, size and seed. */
export const drawFine = ({ image, parameters, gallery }) => attempt(async () => {
  const { num_inference_steps: _steps, guidance_scale: _guidance, scheduler: _scheduler, decoder: _decoder, ...same } = parameters;
  learn(await generate(same, { parent: image?.id, gallery: gallery?.id }));
  toast(t("say.accepted"));
});

const variation = ({ image, parameters, gallery }, kind) => attempt(async () => {
  learn(await generate(varied(image, parameters, FAR[kind]), { parent: image.id, gallery: gallery?.id }));
  toast(t("say.accepted"));
});

/** Return the parameters that draw one image like `image`: near its own noise, or over itself where it was drawn over a picture; a larger
    one is made of the smaller one again. */
function varied(image, parameters, { noise, over }) {
  const same = { ...parameters, num_images: 1 };
  const { upscale } = parameters;
  if (upscale) return { ...same, seed: -1, strength: over, upscale: { ...upscale, method: "diffusion" } };
  if (!parameters.init_image) return { ...same, seed: image.seed ?? parameters.seed, variation_strength: noise, variation_seed: -1 };
  return { ...same, seed: -1, init_image: image.id, strength: over, mask: null, outpaint: null, masked_area: "whole", variation_strength: 0 };
}
