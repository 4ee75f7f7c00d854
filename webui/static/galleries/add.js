/* Choosing a gallery, one of those that one may change or a new one; and putting images into it. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { toast } from "../overlay/toast.js";
import { newGallery } from "./forms.js";
import { mosaic } from "./mosaic.js";
import { ask, door, edits } from "./parts.js";

const PAGE = 100;
const FILTER_FROM = 8;

/** Ask into which gallery these images go; returns when the question stands. */
export const openAddToGallery = (imageIds) => chooseGallery(
  t(imageIds.length === 1 ? "galleries.add.one" : "galleries.add.many", { count: number(imageIds.length) }), (gallery) => place(gallery, imageIds));

/** Ask for a gallery; the question stands until `chosen`, which is told the gallery, says that it is answered. */
export async function chooseGallery(title, chosen) {
  const list = h("div", { class: "choice", "aria-live": "polite" }, ghosts());
  const make = () => { dialog.close(); newGallery(chosen); };
  const dialog = await ask(title, list, h("div", { class: "choices" }, button({ press: make }, icon("plus"), t("galleries.new"))));
  const pressed = async (gallery) => { if (await chosen(gallery)) dialog.close(); };
  const look = async () => {
    try {
      list.replaceChildren(...choice(await mine(), pressed));
      list.querySelector("input, button")?.focus();
    } catch {
      list.replaceChildren(failed(t("galleries.error"), look));
    }
  };
  await look();
}

/** Return the galleries that one may change, the newest first. */
async function mine() {
  const pages = await Promise.all(["mine", "shared"].map((of) => api(`/galleries?of=${of}&limit=${PAGE}`)));
  return pages.flatMap((page) => page.items).filter((gallery) => edits(gallery.role));
}

function choice(galleries, chosen) {
  if (!galleries.length) return [h("p", {}, t("galleries.add.none"))];
  const rows = galleries.map((gallery) => h("li", {}, button({ kind: "into", press: () => chosen(gallery) },
    mosaic(gallery.cover.slice(0, 1)), h("span", {}, h("b", {}, gallery.name), h("small", {}, door(gallery.visibility), t(gallery.count === 1 ? "galleries.count.one" : "galleries.count", { count: number(gallery.count) }))))));
  const filter = h("input", { type: "search", class: "words", autocomplete: "off", "aria-label": t("galleries.add.filter"), placeholder: t("galleries.add.filter"), oninput: () => {
    const words = filter.value.trim().toLowerCase();
    galleries.forEach(({ name }, at) => { rows[at].hidden = !name.toLowerCase().includes(words); });
  } });
  return [galleries.length >= FILTER_FROM && filter, h("ul", {}, rows)].filter(Boolean);
}

async function place(gallery, imageIds) {
  let answer;
  const done = await attempt(async () => { answer = await api(`/galleries/${gallery.id}/images`, { method: "POST", json: { image_ids: imageIds } }); });
  if (!done) return false;
  const { placed, refused } = answer;
  if (placed.length) toast(t("galleries.add.said", { name: gallery.name }));
  if (refused.length) toast(t("galleries.add.refused", { count: number(refused.length), reason: refused[0].reason }), "bad");
  return placed.length > 0;
}
