/* The settings of one image as a table, each value a press away from the clipboard. */
import { copy } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { decimal, when } from "../core/format.js";
import { has, t } from "../core/i18n.js";

export const SAMPLERS = { ddim: "DDIM", euler: "Euler", euler_karras: "Euler Karras", euler_a: "Euler a", dpmpp_2m: "DPM++ 2M", dpmpp_2m_karras: "DPM++ 2M Karras", lcm: "LCM", tcd: "TCD" };
// What the API calls a setting → its word, in the order in which they are read.
const WORDS = { prompt: "prompt", negative_prompt: "negative_prompt", seed: "seed", size: "size", num_inference_steps: "steps", guidance_scale: "guidance", scheduler: "scheduler", model: "model" };
const UNSAID = new Set(["width", "height", "num_images", "priority"]);

/** Return [label, text] of what drew an item, by its name; what has no value is left out. */
export function settingsOf({ parameters, image }) {
  const values = { ...parameters, seed: image.seed ?? parameters.seed, size: `${image.width} × ${image.height}` };
  const names = [...Object.keys(WORDS), ...Object.keys(values).filter((name) => !(name in WORDS) && !UNSAID.has(name))];
  return new Map(names.map((name) => [name, [labelOf(name), textOf(name, values[name])]]).filter(([, [, text]]) => text !== ""));
}

/** Return the table for an item; the prompt stands above it. */
export function settingsTable(item) {
  const rows = [...settingsOf(item)].filter(([name]) => name !== "prompt").map(([, row]) => row);
  return h("dl", { class: "settings" }, [...rows, ...timesOf(item)].flatMap(([label, text]) => [
    h("dt", {}, label),
    h("dd", {}, h("span", {}, text), button({ kind: "round tiny", label: `${t("action.copy")}: ${label}`, press: () => copy(text) }, icon("copy"))),
  ]));
}

function timesOf({ image, generation }) {
  const { created_at: created = image.created_at, started_at: started, ended_at: ended } = generation ?? {};
  const took = started && ended ? [[t("took"), t("took.value", { seconds: decimal((Date.parse(ended) - Date.parse(started)) / 1000) })]] : [];
  return created ? [[t("created"), when(created)], ...took] : took;
}

function labelOf(name) {
  if (name in WORDS) return t(WORDS[name]);
  return has(`setting.${name}`) ? t(`setting.${name}`) : name.replaceAll("_", " ");
}

function textOf(name, value) {
  if (name === "guidance_scale") return decimal(value);
  if (name === "scheduler") return SAMPLERS[value] ?? value;
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? listed(value) : String(value);
}

function listed(value) {
  return Array.isArray(value) ? value.map((one) => (typeof one === "object" ? Object.values(one).join(" ") : one)).join(", ") : JSON.stringify(value);
}
