/* The form's fields by name, in the order in which Gradio hands over their values, and what a generation's
   parameters look like in them. The Python half is `webui/components/composer.py`. */
export const NAMES = ["prompt", "ratio", "num_images", "negative_prompt", "steps", "guidance", "seed", "scheduler"];
export const EMPTY = {
  prompt: "", ratio: "square", num_images: 1, negative_prompt: "", steps: 20, guidance: 4, seed: "", scheduler: "",
  tiny: "", // no field: the mark of a draft
};
export const RATIOS = { square: 1, portrait: 4 / 5, tall: 2 / 3, landscape: 5 / 4, wide: 3 / 2 };
// What the API calls a field → where it stands in the form.
const PLACES = {
  prompt: "prompt", negative_prompt: "negative_prompt", num_inference_steps: "steps", guidance_scale: "guidance",
  seed: "seed", num_images: "num_images", width: "ratio", height: "ratio", scheduler: "scheduler",
  gallery: "gallery", parent: "parent",
  init_image: "picture", strength: "picture", fit: "picture", mask: "picture", invert_mask: "picture", mask_blur: "picture", masked_area: "picture", outpaint: "picture", upscale: "picture", control: "shape",
  variation_seed: "variation", variation_strength: "variation",
};

export const markOf = ({ steps, guidance, scheduler }) => [steps, guidance, scheduler].join();

/** Return what a draft adds, as long as its settings stand. */
export const decoded = (values) => values.tiny === markOf(values) && { decoder: "tiny" };

export const placeOf = (field) => PLACES[field.split(".")[0]] ?? null;

/** Return values by name from Gradio's list, an empty text for what Gradio calls null. */
export function named(values) {
  return Object.fromEntries(NAMES.map((name, place) => [name, values[place] ?? EMPTY[name]]));
}

/** Return Gradio's list from values by name. */
export const listed = (values) => NAMES.map((name) => values[name]);

/** Return a generation's parameters as the form's values; the seed as well, so that it draws the same. */
export function fromParameters(parameters) {
  const look = { steps: parameters.num_inference_steps, guidance: parameters.guidance_scale, scheduler: parameters.scheduler };
  return {
    ...look,
    prompt: withLoras(parameters),
    negative_prompt: parameters.negative_prompt,
    ratio: nearestRatio(parameters.width / parameters.height),
    num_images: [4, 2, 1].find((count) => count <= parameters.num_images) ?? 1,
    seed: String(parameters.seed),
    tiny: parameters.decoder === "tiny" ? markOf(look) : "",
  };
}

/** The form has no field for LoRAs: those chosen beside the prompt are written into it, unless it names them itself. */
function withLoras({ prompt, loras = [] }) {
  const beside = loras.filter(({ name }) => ![">", ":"].some((end) => prompt.includes(`<lora:${name}${end}`)));
  return [prompt, ...beside.map(({ name, scale }) => `<lora:${name}:${scale}>`)].join(" ");
}

const ALL = Object.keys(EMPTY);
const PARTS = { all: ALL, remix: ALL.filter((name) => name !== "seed"), prompt: ["prompt", "negative_prompt"], seed: ["seed"], size: ["ratio"] };

/** Return the part of parameters that is asked for, as the form's values; `remix` draws a new seed. */
export function partOf(parameters, take = "all") {
  const whole = fromParameters(parameters);
  const part = Object.fromEntries((PARTS[take] ?? ALL).map((name) => [name, whole[name]]));
  return take === "remix" ? { ...part, seed: "" } : part;
}

/** Return the shape that is most like a width divided by a height. */
export function nearestRatio(across) {
  const distance = (name) => Math.abs(Math.log(RATIOS[name] / across));
  return Object.keys(RATIOS).reduce((best, name) => (distance(name) < distance(best) ? name : best));
}
