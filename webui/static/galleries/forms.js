/* The forms of a gallery: a new one, and what can be changed of one that is there. */
import { api, contentOf } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { VISIBILITIES, ask } from "./parts.js";

const COVERS = 12;

/** Ask for a new gallery; `made` is told it. */
export async function newGallery(made) {
  const { name, brief, visibility, fields } = fieldsOf({ name: "", brief: "", visibility: "private" });
  const form = new Form({
    title: t("galleries.new"), act: t("galleries.make"), fields, leave: () => dialog.close(),
    read: () => ({ name: name.value.trim(), brief: brief.value, visibility: visibility() }),
    send: (json) => api("/galleries", { method: "POST", json }),
    done: (gallery) => { dialog.close(); made(gallery); },
  });
  const dialog = await ask(t("galleries.new"), form.element);
  form.focus();
}

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
  const dialog = await ask(t("galleries.edit.title"), form.element, drop);
  form.focus();
}

function fieldsOf(gallery) {
  const name = h("input", { type: "text", autocomplete: "off", maxlength: 80, required: true, value: gallery.name, placeholder: t("galleries.name.placeholder") });
  const brief = h("textarea", { rows: 3, maxlength: 4000, placeholder: t("galleries.brief.placeholder") });
  brief.value = gallery.brief;
  const doors = VISIBILITIES.map((value) => h("input", { type: "radio", name: "visibility", value, checked: value === gallery.visibility }));
  const fields = [
    field("name", t("galleries.name"), name), field("brief", t("galleries.brief"), brief),
    group("visibility", t("galleries.visibility"), doors, h("div", { class: "checks" },
      doors.map((box) => check(box, t(`galleries.visibility.${box.value}`), t(`galleries.visibility.${box.value}.hint`))))),
  ];
  return { name, brief, visibility: () => doors.find((box) => box.checked).value, fields };
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
