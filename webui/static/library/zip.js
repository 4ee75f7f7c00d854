/* Saving images as one zip, with a folder for each status and a table of their settings. */
import { attempt } from "../core/actions.js";
import { ApiError } from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { say } from "../overlay/toast.js";

export const saveZip = (ids) => attempt(async () => {
  say(t("bulk.zipping"));
  const answer = await fetch("/api/v1/library/export", { method: "POST", credentials: "same-origin", headers: { "content-type": "application/json" }, body: JSON.stringify({ image_ids: ids }) });
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: "images.zip" }).click();
  // The browser has taken it over once the page is idle again.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
});
