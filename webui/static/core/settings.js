/* What drew an image, or a whole generation, in words: each setting by its name, and which of them differ. */
import { decimal } from "./format.js";
import { has, t } from "./i18n.js";

export const SAMPLERS = { ddim: "DDIM", euler: "Euler", euler_karras: "Euler Karras", euler_a: "Euler a", dpmpp_2m: "DPM++ 2M", dpmpp_2m_karras: "DPM++ 2M Karras", lcm: "LCM", tcd: "TCD" };
// What the API calls a setting → its word, in the order in which they are read.
const WORDS = { prompt: "prompt", negative_prompt: "negative_prompt", seed: "seed", size: "size", num_inference_steps: "steps", guidance_scale: "guidance", scheduler: "scheduler", model: "model", num_images: "images", template: "template", negative_template: "template.avoid" };
const UNSAID = new Set(["width", "height", "priority"]);
const OVER = ["init_image", "strength", "fit", "mask", "invert_mask", "mask_blur", "masked_area", "outpaint"];

/** Return what was done to a picture, in the API's word; null where it was drawn from nothing. */
export function opOf({ init_image: init, mask, outpaint, upscale, control, variation_strength: varied }) {
  if (upscale) return "upscale";
  if (init) return mask ? "inpaint" : outpaint ? "outpaint" : "img2img";
  return control?.length ? "control" : varied > 0 ? "variation" : null;
}

/** Return the settings that said nothing: what is about a picture where there is none, about a mask where there is none. */
function idle({ decoder, init_image: init, mask, invert_mask: inverted, outpaint, upscale, variation_strength: varied }) {
  const names = init ? [upscale && ["fit"], upscale?.method === "resample" && ["strength"], !inverted && ["invert_mask"], !mask && ["mask", "invert_mask", "masked_area"], !mask && !outpaint && ["mask_blur"]] : [OVER];
  return new Set([...names, decoder !== "tiny" && ["decoder"], !(varied > 0) && ["variation_strength", "variation_seed"]].filter(Boolean).flat());
}

/** Return [label, text] of each setting by its name; without an `image`, of the generation. What has no value is left out. */
export function settingsOf({ parameters, image }) {
  const { width, height } = image ?? parameters;
  const values = { ...parameters, ...(image && { seed: image.seed ?? parameters.seed, num_images: null, ...templateOf(image, parameters) }), size: `${width} × ${height}` };
  const names = [...Object.keys(WORDS), ...Object.keys(values).filter((name) => !(name in WORDS) && !UNSAID.has(name))];
  const silent = idle(parameters);
  return new Map(names.map((name) => [name, [labelOf(name), textOf(name, values[name])]]).filter(([name, [, text]]) => text !== "" && !silent.has(name)));
}

/** Return what the words of an image were drawn from, where they were. */
function templateOf({ template }, { prompt, negative_prompt: avoided }) {
  return {
    template: template && template.prompt !== prompt ? template.prompt : null,
    negative_template: template && template.negative_prompt !== avoided ? template.negative_prompt : null,
  };
}

/** Return { name, label, texts } for each setting that is not the same for all of these items. */
export function differences(items) {
  const all = items.map(settingsOf);
  const names = [...new Set(all.flatMap((one) => [...one.keys()]))];
  return names.map((name) => ({
    name,
    label: all.map((one) => one.get(name)?.[0]).find(Boolean),
    texts: all.map((one) => one.get(name)?.[1] ?? ""),
  })).filter(({ texts }) => new Set(texts).size > 1);
}

function labelOf(name) {
  if (name in WORDS) return t(WORDS[name]);
  return has(`setting.${name}`) ? t(`setting.${name}`) : name.replaceAll("_", " ");
}

function textOf(name, value) {
  if (value === null || value === undefined) return "";
  if (name === "guidance_scale") return decimal(value);
  if (name === "scheduler") return SAMPLERS[value] ?? value;
  if (name === "upscale") return t(`setting.upscale.${value.method}`, value);
  if (name === "control") return value.map((one) => t("setting.control.one", one)).join(", ");
  if (name === "outpaint") return ["left", "top", "right", "bottom"].map((side) => value[side]).join(" · ");
  if (has(`setting.${name}.${value}`)) return t(`setting.${name}.${value}`);
  return typeof value === "object" ? listed(value) : String(value);
}

function listed(value) {
  return Array.isArray(value) ? value.map((one) => (typeof one === "object" ? Object.values(one).join(" ") : one)).join(", ") : JSON.stringify(value);
}
