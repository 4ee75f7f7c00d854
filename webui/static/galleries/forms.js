/* The form of a new gallery, and the fields that it shares with the form of one that is there. */
import { api } from "../core/api.js";
import { h } from "../core/dom.js";
import { Form, check, field, group } from "../core/form.js";
import { t } from "../core/i18n.js";
import { VISIBILITIES, ask } from "./parts.js";

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

/** Return the fields of what a gallery is, filled in, and what holds their values. */
export function fieldsOf(gallery) {
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
