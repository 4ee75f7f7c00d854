/* Changing images of the library: status, tags, star, trash. Whoever shows them hears of it on the document. */
import { api } from "./api.js";
import { attempt } from "./actions.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { offer, toast } from "../overlay/toast.js";

// The order is that of the keys 0 to 5.
export const STATUSES = ["draft", "approved", "rejected", "in_review", "selected", "to_edit"];

/** Change images; return the ids that were changed. What could not be is said, with the first reason. */
export async function change(ids, what) {
  let done = [];
  await attempt(async () => {
    const { changed, refused } = await api("/library/changes", { method: "POST", json: { image_ids: ids, ...what } });
    done = changed;
    if (changed.length) document.dispatchEvent(new CustomEvent("atelier:changed", { detail: { ids: new Set(changed), ...what } }));
    if (refused.length) toast(t("changes.refused", { count: number(refused.length), reason: refused[0].reason }), "bad");
  });
  return done;
}

/** Put images into the trash, and offer to take them out again. */
export async function trash(ids) {
  const gone = await change(ids, { trashed: true });
  if (gone.length) offer(t("changes.trashed", { count: number(gone.length) }), t("action.undo"), () => change(gone, { trashed: false }));
  return gone;
}

/** Return `image` as it is after such a change. */
export function changed(image, { status, starred, add_tags: added = [], remove_tags: removed = [] }) {
  const tags = [...new Set([...(image.tags ?? []), ...added])].filter((tag) => !removed.includes(tag));
  return { ...image, tags, ...(status && { status }), ...(starred !== undefined && { starred }) };
}
