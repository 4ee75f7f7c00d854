/* Making one image larger: twice or four times, by the model or plainly; how large it becomes and what it costs is said first. */
import { ApiError, api, generate } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { credits } from "../core/format.js";
import { t } from "../core/i18n.js";
import { menu } from "../core/menu.js";
import { learn } from "../core/store.js";
import { toast } from "../overlay/toast.js";
import "./icons.js";

export const LARGEST_SIDE = 8192;
export const FACTORS = [2, 4];
export const METHODS = ["diffusion", "resample"];
const EDGE = 8;

/** Return how large a picture becomes, in words; `tooLarge` where nobody makes that. */
export function becomes({ width, height }, factor) {
  const [across, down] = [width * factor, height * factor];
  const tooLarge = Math.max(across, down) > LARGEST_SIDE;
  return { tooLarge, text: t(tooLarge ? "upscale.beyond" : "upscale.becomes", { width, height, across, down, most: LARGEST_SIDE }) };
}

/** Return the button with the ways of making an image larger behind it; `before` is called before one of them is taken. */
export const upscaleMenu = (item, kind = "button", before = () => null) => menu({ label: t("upscale.hint"), text: t("upscale"), picture: "enlarge", kind }, () => upscaleEntries(item, before));

/** Return the entry of another menu that shows these ways in its place. */
export function upscaleEntry(item) {
  const press = (event) => {
    event.stopPropagation(); // the menu stays
    const list = event.currentTarget.closest(".menu");
    list.replaceChildren(...upscaleEntries(item));
    list.style.top = `${Math.max(EDGE, Math.min(parseFloat(list.style.top), innerHeight - EDGE - list.offsetHeight))}px`;
    list.querySelector("button").focus();
  };
  return button({ kind: "entry", press }, icon("enlarge"), h("span", {}, t("upscale.more")));
}

export function upscaleEntries(item, before = () => null) {
  return METHODS.flatMap((method) => [
    h("p", { class: "sub", style: { padding: "8px 10px 2px", "font-size": "12px" } }, t(`upscale.${method}`)),
    ...FACTORS.map((factor) => entryOf(item, { factor, method }, before)),
  ]);
}

function entryOf(item, wanted, before) {
  const { tooLarge, text } = becomes(item.image, wanted.factor);
  const what = h("small", {}, text);
  const press = (event) => {
    if (tooLarge) return event.stopPropagation(); // it says why, and stays open
    before();
    return upscale(item, wanted);
  };
  if (!tooLarge) price(item, wanted).then((said) => { what.title = what.textContent = `${text} · ${said}`; });
  return button({ kind: "way", "aria-disabled": tooLarge && "true", style: tooLarge ? { opacity: ".6", cursor: "default" } : {}, press }, h("b", {}, t("upscale.times", { factor: wanted.factor })), what);
}

/** Return what it costs, in words; where it is refused, why. */
async function price(item, wanted) {
  try {
    const { credits: cost, from_cache: known } = await api("/generations?dry_run=true", { method: "POST", json: enlarged(item, wanted) });
    return cost ? t("credits.price", { count: credits(cost) }) : t(known ? "credits.none" : "upscale.free");
  } catch (error) {
    return error instanceof ApiError ? error.message : t("upscale.no_price");
  }
}

const upscale = (item, wanted) => attempt(async () => {
  learn(await generate(enlarged(item, wanted), { parent: item.image.id, gallery: item.gallery?.id }));
  toast(t("upscale.accepted"));
});

/** Return the parameters that make one image larger: its own, but for what was about a picture that it was drawn over. */
export function enlarged({ image, parameters }, upscale) {
  const { strength: _, guidance_scale: __, ...same } = parameters; // the usual ones for this
  const whole = { mask: null, invert_mask: false, masked_area: "whole", outpaint: null, control: [], variation_strength: 0 };
  return { ...same, ...whole, num_images: 1, seed: image.seed ?? parameters.seed, init_image: image.id, upscale };
}
