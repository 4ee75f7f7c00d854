/* Draft, standard and fine: with what the model that draws here draws each of them. Draws nothing. */
import { EMPTY, decoded, markOf } from "./fields.js";

const MOST_STEPS = 50;
const SHARE = 0.4; // of the usual steps, where nobody says with what drafts are drawn best
let usual = { steps: EMPTY.steps, guidance: EMPTY.guidance, scheduler: EMPTY.scheduler };
let draft = { steps: Math.round(EMPTY.steps * SHARE) };
let hasDecoder = false;
let before = null;

/** Take the card of the model that draws; return what the form shows of it at first. */
export function learn(model) {
  if (!model) return {};
  const { num_inference_steps: steps, guidance_scale: guidance, scheduler } = model.defaults;
  const best = model.draft;
  usual = { steps, guidance, scheduler: EMPTY.scheduler };
  draft = best ? { steps: best.num_inference_steps, guidance: best.guidance_scale, scheduler: best.scheduler === scheduler ? EMPTY.scheduler : best.scheduler } : { steps: Math.max(1, Math.round(steps * SHARE)) };
  hasDecoder = best?.decoder === "tiny";
  return { steps, guidance };
}

/** Return the settings of a quality that is pressed; when a draft is left, guidance and scheduler are again what they were before. */
export function settingsFor(name, now) {
  const { guidance, scheduler } = now;
  if (name !== "draft") return { ...(isDraft(now) && draft.scheduler !== undefined && (before ?? usual)), steps: stepsOf(name), tiny: "" };
  if (!isDraft(now)) before = { guidance, scheduler };
  const look = { guidance, scheduler, ...draft };
  return { ...look, tiny: hasDecoder ? markOf(look) : "" };
}

/** Return the quality that the form is with these in it, null where it is none. */
export function qualityOf(now, steps, guidance, scheduler) {
  const values = { ...now, steps, guidance, scheduler };
  if (isDraft(values)) return "draft";
  return ["standard", "fine"].find((name) => stepsOf(name) === values.steps) ?? null;
}

/** Say whether the model has a decoder for drafts. */
export const drafts = () => hasDecoder;

const stepsOf = (name) => (name === "fine" ? Math.min(MOST_STEPS, usual.steps * 2) : usual.steps);

const isDraft = (values) => Object.entries(draft).every(([name, value]) => values[name] === value) && (!hasDecoder || Boolean(decoded(values)));
