/* The style that the prompt wears: kept on this device, put around the prompt when it is sent. Draws nothing. */
import { STYLE_KEY } from "./draft.js";
import { fill, values } from "./form.js";
import { NAMES, markOf } from "./fields.js";

const PLACE = "{prompt}";
const LIMITS = { steps: [1, 50], guidance: [1, 15] };

/** Says "worn" when another style is worn, or none. */
export const styles = new EventTarget();

let current = kept();

export const worn = () => current;

/** Wear a preset, which sets its look in the form at once; null takes it off and leaves the form as it is. */
export function wear(preset) {
  current = preset;
  if (preset) localStorage.setItem(STYLE_KEY, JSON.stringify(preset));
  else localStorage.removeItem(STYLE_KEY);
  const look = preset ? lookOf(preset.parameters) : {};
  if (Object.keys(look).length) fill(look);
  if (preset?.parameters.decoder) decode(preset.parameters.decoder);
  styles.dispatchEvent(new Event("worn"));
}

/** Decode as the style says, where the model that draws can. */
async function decode(decoder) {
  const { drafts } = await import("./quality.js");
  fill({ tiny: decoder === "tiny" && drafts() ? markOf(values()) : "" });
}

/** Take the style off when settings of an image are taken back with its prompt: that was sent with the style around it. */
export function unwear(take = "all") {
  if (["all", "remix", "prompt"].includes(take)) wear(null);
}

/** Return what is sent for a typed prompt. An empty one stays empty: the API says what to write. */
export function around(prompt) {
  const template = current?.parameters.template;
  return template && prompt.trim() ? template.replace(PLACE, () => prompt.trim()) : prompt;
}

/** Return the form's values in Gradio's order with the style around them. */
export function dressed(list) {
  const avoided = current?.parameters.negative_prompt;
  return list.map((value, place) => {
    if (NAMES[place] === "prompt") return around(value ?? "");
    if (NAMES[place] === "negative_prompt" && avoided) return [value, avoided].filter((text) => text?.trim()).join(", ");
    return value;
  });
}

function lookOf({ num_inference_steps: steps, guidance_scale: guidance, scheduler, ratio }) {
  const look = { steps: inside("steps", steps), guidance: inside("guidance", guidance), scheduler, ratio };
  return Object.fromEntries(Object.entries(look).filter(([, value]) => value !== null && value !== undefined));
}

const inside = (name, value) => value && Math.max(LIMITS[name][0], Math.min(value, LIMITS[name][1]));

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(STYLE_KEY));
    return found?.parameters && found.name ? found : null;
  } catch {
    return null;
  }
}
