/* Saving an image: as what, and with or without its settings inside. */
import { contentOf } from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { menu } from "../core/menu.js";

const OFFERED = [["full", "png"], ["full", "jpeg"], ["full", "webp"], ["clean", "png"]];

/** Return the menu for an item. */
export function downloads(item) {
  return menu({ label: t("action.download"), text: t("action.download"), picture: "download" }, () => OFFERED.map(([variant, format]) => link(item, variant, format)));
}

function link({ image, parameters }, variant, format) {
  const word = variant === "clean" ? "download.clean" : `download.${format}`;
  return h("a", { href: `${contentOf(image.id, variant)}&format=${format}&download=true`, download: `${nameOf(parameters)}${variant === "clean" ? "-clean" : ""}.${format === "jpeg" ? "jpg" : format}` },
    h("b", {}, t(word)), h("small", {}, t(`${word}.hint`)));
}

/** Return a telling name for a file: words of the prompt, and the seed. */
function nameOf({ prompt, seed }) {
  const words = prompt.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 40);
  return `${words || "atelier"}-${seed}`;
}
