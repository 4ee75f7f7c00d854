/* The form of a gallery that is there: what of it one's role lets one change, its cover, and its end. */
import { api, contentOf } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { Form, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { fieldsOf } from "./forms.js";
import { ask } from "./parts.js";

const COVERS = 12;

/** Change a gallery as far as one's role lets one; `changed` is called afterwards. */
export async function editGallery(gallery, changed) {
  const owns = gallery.role === "owner";
  const { name, brief, visibility, fields } = fieldsOf(gallery);
  const cover = await coverOf(gallery);
  const form = new Form({
    title: t("galleries.edit.title"), act: t("galleries.save"), leave: () => dialog.close(),
    fields: [...(owns ? fields : fields.slice(1, 2)), ...(cover ? [cover.group] : [])],
    read: () => ({ brief: brief.value, ...(owns && { name: name.value.trim(), visibility: visibility() }), ...cover?.read() }),
    send: (json) => api(`/galleries/${gallery.id}`, { method: "PATCH", json }),
    done: () => { dialog.close(); toast(t("galleries.said.saved")); changed(); },
  });
  const drop = owns && button({ kind: "button small quiet bad drop", press: () => remove(gallery) }, icon("trash"), t("galleries.delete"));
  await wear(overlay().shadowRoot, "sharing");
  const dialog = await ask(t("galleries.edit.title"), form.element, drop);
  form.focus();
}

/** Return the choice of a cover among the latest images; nothing while there are none to choose from. */
async function coverOf({ id, cover_id: chosen }) {
  const { items } = await api(`/galleries/${id}/images?limit=${COVERS}`).catch(() => ({ items: [] }));
  if (items.length < 2) return null;
  const box = (value, body) => h("label", { class: "cover" }, h("input", { type: "radio", name: "cover_id", value, checked: value === (chosen ?? "") }), body);
  const boxes = [box("", h("span", { class: "newest" }, t("galleries.cover.newest"))),
    ...items.map((one) => box(one.id, h("img", { src: contentOf(one.id, "thumb"), alt: one.prompt.slice(0, 80) })))];
  const inputs = boxes.map((one) => one.firstElementChild);
  const read = () => {
    const value = inputs.find((one) => one.checked)?.value;
    return value === undefined ? {} : { cover_id: value || null };
  };
  return { group: group("cover_id", t("galleries.cover"), inputs, h("div", { class: "covers" }, boxes)), read };
}

async function remove(gallery) {
  const really = await sure("galleries.delete", { name: gallery.name });
  if (!really) return;
  const done = await attempt(() => api(`/galleries/${gallery.id}`, { method: "DELETE" }));
  if (done) location.assign("/galleries");
}
