/* What can be done with a generation, wherever it is shown. */
import { ApiError, api, generate } from "./api.js";
import { t } from "./i18n.js";
import { learn } from "./store.js";
import { say, toast } from "../overlay/toast.js";

/** Fill the form with a generation's settings; on another page, go to the form first. */
export function reuse(generation) {
  if (location.pathname !== "/") location.assign(`/?reuse=${encodeURIComponent(generation.id)}`);
  else document.dispatchEvent(new CustomEvent("atelier:reuse", { detail: generation }));
}

/** Fill the form with what is asked of one image's settings: `all`, `remix` (all but the seed), `prompt`, `seed` or `size`. */
export function recall({ image, parameters }, take) {
  if (location.pathname !== "/") location.assign(`/?${new URLSearchParams({ recall: image.id, take })}`);
  else document.dispatchEvent(new CustomEvent("atelier:reuse", { detail: { parameters, take, image } }));
}

/** Draw the same settings with a new seed, into the same gallery; `parent` is the image that is varied, where it is one. */
export const vary = ({ parameters, gallery }, parent = null) => again({ ...parameters, seed: -1 }, { parent, gallery: gallery?.id });

/** Draw the same settings with the same seed, from where and into where it was asked for, after a failure. */
export const retry = ({ parameters, gallery, parent_id: parent }) => again(parameters, { parent, gallery: gallery?.id });

/** Stop a generation between two steps. */
export const cancel = (generation) => attempt(async () => {
  learn(await api(`/generations/${generation.id}/cancel`, { method: "POST" }));
  say(t("say.canceled"));
});

/** Leave a queued generation alone until it is resumed. */
export const pause = (generation) => attempt(() => inLine(generation, "pause"));

/** Let a paused generation be drawn. */
export const resume = (generation) => attempt(() => inLine(generation, "resume"));

/** Put a queued generation before all others of one's own. */
export const toFront = (generation) => attempt(() => inLine(generation, "move", { before: null }));

/** Put text on the clipboard, and say so. */
export const copy = (text, said = "action.copied") => attempt(async () => {
  await navigator.clipboard.writeText(text);
  toast(t(said));
});

/** Copy an image's permanent address. */
export const copyLink = (image) => copy(new URL(`/i/${image.id}`, location.origin).href, "say.link");

const again = (parameters, from) => attempt(async () => {
  learn(await generate(parameters, from));
  toast(t("say.accepted"));
});

async function inLine(generation, verb, json) {
  learn(await api(`/generations/${generation.id}/${verb}`, { method: "POST", json }));
  say(t(`say.${verb}`));
}

/** Do something with the API; say what went wrong, and return whether it worked. */
export async function attempt(act) {
  try {
    await act();
    return true;
  } catch (error) {
    const reason = error instanceof ApiError ? error.message : t("trouble.offline");
    if (!(error instanceof ApiError && error.status === 401)) toast(t("trouble.action", { reason }), "bad");
    return false;
  }
}
