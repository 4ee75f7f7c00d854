/* What a card offers to whoever may draw: editing one of its images, varying it, drawing from it. */
import { vary } from "../core/actions.js";
import { button, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { entry, menu } from "../core/menu.js";
import { drawFine, openEdit, varyEntries } from "../edit/acts.js";
import { upscaleEntry, upscaleMenu } from "../edit/upscale.js";

/** Open one image of a generation in the editor. */
export const edit = (generation, image) => openEdit(itemOf(generation, image));

/** Return the buttons under a card. Of several images each has a menu of its own; what is under the card is about all. */
export function buttonsOf(generation) {
  const released = generation.images.find((image) => image.moderation === "released");
  if (generation.state !== "succeeded" || !released || generation.images.length > 1) return generation.state === "succeeded" ? [fine(generation), again(generation)].filter(Boolean) : [];
  const item = itemOf(generation, released);
  return [
    fine(item),
    button({ kind: "button small", title: `${t("edit.act.hint")} · E`, press: () => openEdit(item) }, icon("brush"), t("edit.act")),
    menu({ label: t("action.vary"), text: t("action.vary"), picture: "vary", kind: "button small" }, () => varyEntries(item)),
    upscaleMenu(item, "button small"),
  ].filter(Boolean);
}

/** Return the menu of one image among several, null where it is alone. */
export function menuOf(generation, image) {
  if (generation.parameters.num_images < 2) return null;
  const item = itemOf(generation, image);
  return menu({ label: t("edit.more"), kind: "round" }, () => [entry(t("edit.act"), "brush", () => openEdit(item)), ...varyEntries(item), upscaleEntry(item)]);
}

/** Return one image of a generation with the settings that draw it alone. */
const itemOf = (generation, image) => ({ image, gallery: generation.gallery, parameters: { ...generation.parameters, seed: image.seed, num_images: 1 } });

const again = (generation) => button({ kind: "button small", title: t("action.vary.hint"), press: () => vary(generation) }, icon("vary"), t("action.vary"));

const fine = (item) => item.parameters.decoder === "tiny" && button({ kind: "button small", title: t("action.fine.hint"), press: () => drawFine(item) }, icon("create"), t("action.fine"));
