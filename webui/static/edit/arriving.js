/* Ways of getting a picture into the panel: from an image of the studio, from a file, and from settings that name one. */
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { partOf } from "../composer/fields.js";
import { fill, isShown } from "../composer/form.js";
import { setOrigin } from "../composer/origin.js";
import { unwear } from "../composer/style.js";
import { toast } from "../overlay/toast.js";
import { editNow, setEdit, setPicture } from "./state.js";

/** Draw from `image`; `mask`: open the editor as well. */
export async function arrive({ image, parameters = null, mask = false }) {
  if (mask && parameters && isShown()) fill(settingsFor({ parameters }));
  setPicture({ id: image.id, kind: "image", width: image.width, height: image.height });
  setOrigin({ parent: image.id });
  const panel = await panelOf();
  scrollTo({ top: 0 });
  if (mask) await panel.paint();
  else panel.focus();
}

/** Return the settings of the image that the address asks to edit or to start from; the picture follows. */
export async function asked(query) {
  const id = query.get("edit") ?? query.get("start");
  history.replaceState(null, "", "/");
  try {
    const image = await api(`/images/${encodeURIComponent(id)}`);
    const item = { image, parameters: image.parameters, mask: query.has("edit") };
    arrive(item);
    return query.has("edit") ? settingsFor(item) : {};
  } catch {
    toast(t("trouble.reuse"), "bad");
    return {};
  }
}

/** Return the form's values for editing an image: its own but the seed, which would draw the same again. */
function settingsFor({ parameters }) {
  unwear("all");
  return partOf(parameters, "remix");
}

/** Draw from a file that was dropped, pasted or chosen. */
export const drawFrom = async (file) => (await panelOf()).take(file);

const panelOf = () => document.querySelector("at-source").panel();

/** Bring back what settings say about pictures; those that are gone are named, and the rest is taken. */
export async function takeBack(parameters) {
  const { init_image: id, mask, variation_strength: share = 0, variation_seed: seed } = parameters;
  setEdit({ variation_strength: share, variation_seed: share > 0 ? String(seed) : "" });
  await takeShape(parameters.control ?? []);
  if (!id) return void (editNow().init && setPicture(null));
  const [init, painted] = await Promise.all([find(id), mask ? find(mask) : null]);
  if (!init) {
    setPicture(null);
    return toast(t("edit.gone.picture"), "bad");
  }
  const { strength, fit, invert_mask: invert, mask_blur: blur, masked_area: area, outpaint, upscale = null } = parameters;
  setPicture(init, { strength, fit, outpaint: outpaint ?? null, mask: painted?.id ?? null, invert_mask: invert, mask_blur: blur, masked_area: area, upscale });
  if (mask && !painted) toast(t("edit.gone.mask"), "bad");
}

/** Bring back the first of the shapes that were drawn by, which is the one that the form has a place for. */
async function takeShape([use, ...others]) {
  const found = use && await find(use.image);
  setEdit({ shape: found ? { ...found, ...use, drawn: found.kind === "upload" && use.prepare === "none" } : null });
  if (use && !found) toast(t("shape.gone"), "bad");
  else if (others.length) toast(t("shape.first"));
}

/** Return the picture of this id, which is an upload's or an image's; null where it is gone. */
async function find(id) {
  const [upload, image] = await Promise.all([api(`/uploads/${id}`).catch(() => null), api(`/images/${id}`).catch(() => null)]);
  const found = upload ?? image;
  return found && { id, kind: upload ? "upload" : "image", width: found.width, height: found.height };
}
