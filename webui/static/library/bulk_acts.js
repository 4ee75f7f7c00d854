/* What can be done with all the images that are selected. */
import { STATUSES, change, trash } from "../core/changes.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { menu } from "../core/menu.js";
import { toast } from "../overlay/toast.js";
import { saveZip } from "./zip.js";

const MOST_COMPARED = 4;
const MOST_RUN = 50;

/** Return what the bar shows: how many there are, what can be done with them, and letting go of them. */
export const actsOn = (bulk, items) => [
  h("b", { role: "status" }, t("bulk.count", { count: number(items.length) })),
  ...(bulk.results.inTrash ? [act("retry", "bulk.restore", () => change(bulk.ids, { trashed: false }))] : acts(bulk, items)),
  button({ kind: "round", label: t("bulk.clear"), press: () => bulk.selection.clear() }, icon("close")),
];

function acts(bulk, items) {
  const { scope } = bulk;
  const curates = items.some(({ image }) => image.can_curate);
  return [
    curates && menu({ label: t("status"), text: t("status"), picture: "check" }, () => STATUSES.map((status) => statusEntry(bulk, status))),
    curates && menu({ label: t("tags.add"), text: t("tags"), picture: "tag" }, () => tagging(bulk)),
    act("gallery", "galleries.add", () => place(bulk)),
    scope.lets(items) && act("minus", "galleries.images.out", () => scope.takeOut(bulk.ids), t("galleries.images.out.whole")),
    items.length <= MOST_RUN && act("recipe", "recipes.act.run", async () => (await import("../recipes/run.js")).openRun(bulk.ids)),
    items.length >= 2 && items.length <= MOST_COMPARED && act("compare", "viewer.compare", () => compare(bulk)),
    act("download", "bulk.zip", () => saveZip(bulk.ids)),
    act("trash", "changes.trash", () => trash(bulk.ids)),
  ].filter(Boolean);
}

/** Return a button; its `label` says all of it where its word is short, or the bar too narrow for words. */
function act(picture, word, press, label = t(word)) {
  return button({ "data-act": picture, label, press }, icon(picture), h("span", {}, t(word)));
}

function statusEntry(bulk, status) {
  return button({ kind: "choice", press: () => change(bulk.ids, { status }) }, h("span", {}, h("i", { class: `dot ${status}` }), ` ${t(`status.${status}`)}`));
}

async function compare({ items }) {
  const { openCompare } = await import("../viewer/compare.js");
  await openCompare(items);
}

async function place({ ids }) {
  const { openAddToGallery } = await import("../galleries/add.js");
  await openAddToGallery(ids);
}

function tagging(bulk) {
  const input = h("input", { class: "tagging", type: "text", maxlength: 50, placeholder: t("tags.add"), "aria-label": t("tags.add"), autocomplete: "off",
    onkeydown: (event) => {
      const tag = input.value.trim();
      if (event.key !== "Enter" || !tag) return;
      input.value = "";
      change(bulk.ids, { add_tags: [tag] }).then((done) => { if (done.length) toast(t("bulk.tagged", { tag, count: number(done.length) })); });
    } });
  return input;
}
