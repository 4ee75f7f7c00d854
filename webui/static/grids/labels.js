/* The names of settings that a grid varies, and their values, as people read them. */
import { ago, decimal } from "../core/format.js";
import { t } from "../core/i18n.js";
import { SAMPLERS } from "../core/settings.js";

/** The settings that an axis may vary, in the order in which they are offered; how their values are typed. */
export const SETTINGS = {
  num_inference_steps: { ranges: true, whole: true }, guidance_scale: { ranges: true }, scheduler: { choices: Object.keys(SAMPLERS) },
  prompt: {}, negative_prompt: {}, seed: { ranges: true, whole: true }, size: {}, model: { choices: [] },
  strength: { ranges: true }, variation_strength: { ranges: true },
};

export const settingName = (setting) => t(`grids.setting.${setting}`);

/** Return a value of a setting for people. */
export function valueName(setting, value) {
  if (setting === "scheduler") return SAMPLERS[value] ?? value;
  if (setting === "guidance_scale") return decimal(value);
  if (setting === "size") return String(value).replace("x", " × ");
  return String(value).trim() || "–";
}

/** Return in a line what a grid compares, how large it is and how far it is. */
export function summaryOf(grid) {
  const what = [grid.x, grid.y, grid.z].filter(Boolean).map(({ setting }) => settingName(setting)).join(" × ");
  const far = grid.done < grid.total ? t("grids.done", { done: grid.done, total: grid.total }) : ago(grid.created_at);
  const large = [grid.columns, grid.rows, ...(grid.z ? [grid.sheets] : [])].join(" × ");
  return [what, large, far].join(" · ");
}
