/* What a restoration means for the form: a row a setting, with what stands there now and what would. Draws nothing. */
import { decimal } from "../core/format.js";
import { has, t } from "../core/i18n.js";
import { SAMPLERS } from "../core/settings.js";
import { editNow } from "../edit/state.js";
import { EMPTY, decoded, markOf, nearestRatio, RATIOS } from "./fields.js";

const STEPS = [1, 50];
const GUIDANCE = [1, 15];
const ABOUT = 0.04;
const PICTURES = ["init_image", "mask", "control"];

/** Return the rows for `restoration` against the values of the form: {name, label, now, then, note, values, edit, again}.
 * `values` is what to fill in, and `edit` what stands beside the form;  `again` are settings that name
 * pictures of one's own, as `own` may; a row without values tells what cannot be had. */
export function rowsOf({ settings, changes }, now, [usual], own = null) {
  const back = pictures(own);
  const told = Object.fromEntries(changes.map((change) => [change.field, change]));
  const rows = [
    prompt("prompt", settings.prompt, now, told.prompt),
    prompt("negative_prompt", settings.negative_prompt ?? (settings.prompt ? "" : null), now, told.negative_prompt),
    shape(settings, now, usual, told.size),
    number("steps", settings.num_inference_steps, now, STEPS, told.num_inference_steps),
    number("guidance", settings.guidance_scale, now, GUIDANCE, told.guidance_scale),
    row("seed", settings.seed === null ? null : String(settings.seed), now, told.seed, (seed) => seed || t("seed.random")),
    row("scheduler", settings.scheduler, now, told.scheduler, (name) => SAMPLERS[name] ?? t("scheduler.usual")),
    decoder(settings, now, told.decoder),
    model(settings, usual, told.model),
    !back && kept("strength", settings, told.strength, { strength: settings.strength }),
    back,
    kept("variation_strength", settings, told.variation_strength, { variation_strength: settings.variation_strength, variation_seed: String(settings.variation_seed ?? "") }),
  ];
  const left = changes.filter(({ field, reason }) => reason === "left_out" && !back?.again[field]?.length).map(leftOut);
  return [...rows.filter(Boolean), ...left];
}

/** Say whether a row changes nothing and has nothing to tell. */
export const idle = ({ now, then, note }) => !note && now === then;

function row(name, value, now, change, shown = (one) => one, note = noteOf(change)) {
  if (value === null || value === undefined) return null;
  return { name, label: t(name), now: shown(now[name] ?? EMPTY[name]), then: shown(value), note, values: { [name]: value } };
}

function prompt(name, text, now, change) {
  if (text === "" && !now[name]) return null;
  const note = change && t("restore.note.shortened", { count: text.length });
  return row(name, text, now, change, (one) => one || t("restore.none"), note);
}

function shape({ width, height }, now, usual, change) {
  if (!width || !height) return null;
  const ratio = nearestRatio(width / height);
  const drawn = (usual?.defaults.width ?? width) * (usual?.defaults.height ?? height);
  const same = Math.abs(Math.log(RATIOS[ratio] * height / width)) < ABOUT && Math.abs(Math.log(drawn / (width * height))) < ABOUT;
  const note = same && !change ? null : t("restore.note.shape", { size: change?.found ?? `${width}×${height}` });
  return row("ratio", ratio, now, null, (one) => t(`ratio.${one}`), note);
}

/** The form's sliders end before the API's limits do. */
function number(name, value, now, [low, high], change) {
  if (value === null) return null;
  const used = Math.max(low, Math.min(value, high));
  const note = change || used !== value ? t("restore.note.nearest", { found: change?.found ?? decimal(value) }) : null;
  return row(name, used, now, change, decimal, note);
}

/** What is kept beside the form: how a picture is drawn over, and how a seed is varied. */
function kept(name, { [name]: value }, change, edit) {
  if (value === null || value === undefined) return null;
  return { name, label: t(`setting.${name}`), now: decimal(editNow()[name]), then: decimal(value), note: noteOf(change), values: {}, edit };
}

/** A draft is decoded as one as long as it has the steps, guidance and scheduler that come with it. */
function decoder({ decoder: name, num_inference_steps: steps, guidance_scale: guidance, scheduler }, now, change) {
  if (!name) return null;
  const shown = (one) => t(`setting.decoder.${one}`);
  const tiny = name === "tiny" ? markOf({ steps, guidance, scheduler }) : "";
  return { name: "decoder", label: t("setting.decoder"), now: shown(decoded(now) ? "tiny" : "full"), then: shown(name), note: noteOf(change), values: { tiny } };
}

/** The pictures of one's own that it was drawn over or by, which come back together, as they do from the history. */
function pictures(own) {
  const named = own ? PICTURES.filter((field) => own[field]?.length) : [];
  if (!named.length) return null;
  return { name: "pictures", label: t("restore.pictures"), now: null, then: named.map((field) => t(`restore.pictures.${field}`)).join(", "), note: null, values: {}, again: own };
}

function model({ model: name }, usual, change) {
  if (!name || !usual) return null;
  const found = change?.found ?? name;
  const note = found === usual.name ? null : t(change ? "restore.note.absent" : "restore.note.other", { found, used: usual.name });
  return { name: "model", label: t("model"), now: usual.name, then: usual.name, note, values: {} };
}

function leftOut({ field, found }) {
  const key = `restore.left.${field}`;
  return { name: field, label: has(key) ? t(key) : field, now: null, then: found, note: t("restore.note.left_out"), values: null };
}

const noteOf = (change) => change && t("restore.note.nearest", { found: change.found });
