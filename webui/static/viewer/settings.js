/* The settings of one image as a table, each value a press away from the clipboard. */
import { button, h, icon } from "../core/dom.js";
import { copy } from "../core/actions.js";
import { decimal, when } from "../core/format.js";
import { t } from "../core/i18n.js";

export const SAMPLERS = { ddim: "DDIM", euler: "Euler", euler_karras: "Euler Karras", euler_a: "Euler a", dpmpp_2m: "DPM++ 2M", dpmpp_2m_karras: "DPM++ 2M Karras", lcm: "LCM", tcd: "TCD" };

/** Return the table for one image of a generation. */
export function settingsTable(generation, image) {
  return h("dl", { class: "settings" }, rows(generation, image).filter(([, value]) => value !== "").flatMap(([key, value]) => [
    h("dt", {}, t(key)),
    h("dd", {}, h("span", {}, value), button({ kind: "round tiny", label: `${t("action.copy")}: ${t(key)}`, press: () => copy(value) }, icon("copy"))),
  ]));
}

function rows({ parameters, created_at: created, started_at: started, ended_at: ended }, image) {
  const seconds = started && ended ? (Date.parse(ended) - Date.parse(started)) / 1000 : null;
  return [
    ["seed", String(image.seed)],
    ["size", `${image.width} × ${image.height}`],
    ["steps", String(parameters.num_inference_steps)],
    ["guidance", decimal(parameters.guidance_scale)],
    ["scheduler", SAMPLERS[parameters.scheduler] ?? parameters.scheduler],
    ["model", parameters.model],
    ["negative_prompt", parameters.negative_prompt],
    ["created", when(created)],
    ["took", seconds === null ? "" : t("took.value", { seconds: decimal(seconds) })],
  ];
}
