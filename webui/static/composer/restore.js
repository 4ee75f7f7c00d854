/* From a picture, or a pasted text, to the dialog that restores its settings. What is asked stays nowhere. */
import { api, ApiError } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { toast } from "../overlay/toast.js";
import { values } from "./form.js";
import { reading } from "./veil.js";

const KINDS = ["image/png", "image/jpeg", "image/webp"];
const PAIR = /(?:^|, *)[A-Z][\w -]{1,40}: *[^,]/g;
const JSON_SETTINGS = /"(?:sui_image_params|base_model|positive_prompt|class_type)"/;

/** Ask what the picture in `file` carries, and show it. */
export async function restoreFile(file) {
  if (!KINDS.includes(file.type)) return toast(t("restore.kinds"), "bad");
  const body = new FormData();
  body.append("file", file);
  await restore({ body }, () => URL.createObjectURL(file), values(), file);
}

/** Ask what a text says; `before` is what stood in the form before it was pasted there. */
export const restoreText = (text, before) => restore({ json: { text } }, () => null, before);

/** Say whether a text looks like the settings of a picture, so that it is worth asking. */
export function looksLikeSettings(text) {
  if (text.length > 100_000) return false;
  if (text.trimStart().startsWith("{")) return JSON_SETTINGS.test(text);
  const last = text.trimEnd().split("\n").at(-1).slice(0, 2_000);
  return last.includes("Steps:") && (last.match(PAIR)?.length ?? 0) >= 3;
}

/** Return the button for people who do not drag. */
export function pictureButton() {
  const chosen = () => { if (input.files[0]) restoreFile(input.files[0]); input.value = ""; };
  const input = h("input", { type: "file", accept: KINDS.join(","), hidden: true, tabindex: "-1", "aria-hidden": "true", onchange: chosen });
  return h("div", { class: "from-picture" }, input, button({ kind: "button small quiet", press: () => input.click() }, icon("picture"), t("restore.button")));
}

async function restore(asked, address, before = values(), file = null) {
  const done = reading();
  const draw = file && (async () => (await import("../edit/arriving.js")).drawFrom(file));
  const found = await api("/restorations", { method: "POST", ...asked }).catch((error) => refused(error, draw));
  const [models, own] = found ? await Promise.all([api("/models").catch(() => []), drawnBy(found.image_id)]) : [];
  const [{ showRestoration }, { rowsOf }] = await Promise.all([import("./restore_dialog.js"), import("./restore_rows.js")]);
  done();
  if (found) showRestoration({ source: found.source, rows: rowsOf(found, before, models, own), image: found.image_id, picture: address(), draw });
}

/** Return the parameters of the image of ours that the picture says to be: to its owner they name what it was drawn over and by. */
async function drawnBy(id) {
  const image = id && await api(`/images/${id}`).catch(() => null);
  return image ? image.parameters : null;
}

/** Say why there is nothing to restore; returns null, for what was found. */
async function refused(error, draw) {
  if (!(error instanceof ApiError)) toast(t("trouble.offline"), "bad");
  else if (error.code === "no_settings") (await import("./restore_dialog.js")).showNothing(draw);
  else if (error.status !== 401) toast(error.status === 413 ? t("restore.too_large") : error.fields.length ? t("restore.kinds") : error.message, "bad");
  return null;
}
