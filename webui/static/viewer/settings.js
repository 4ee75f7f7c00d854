/* The settings of one image as a table, each value a press away from the clipboard. */
import { copy } from "../core/actions.js";
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { decimal, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { settingsOf } from "../core/settings.js";

const PICTURES = ["init_image", "mask"];

/** Return the table for an item; the prompt stands above it. */
export function settingsTable(item) {
  const rows = [...settingsOf(item)].filter(([name]) => name !== "prompt").map(([name, row]) => [...row, PICTURES.includes(name) && placesOf(name, row[1], item)]);
  return h("dl", { class: "settings" }, [...rows, ...timesOf(item)].flatMap(([label, text, places]) => [
    h("dt", {}, label),
    h("dd", {}, places ? thumbOf(places, label) : h("span", {}, text), button({ kind: "round tiny", label: `${t("action.copy")}: ${label}`, press: () => copy(text) }, icon("copy"))),
  ]));
}

/** Return where a picture that was drawn over may be: where the generation says, else as an image or an upload. */
function placesOf(name, id, { generation }) {
  const told = generation?.drawn_over?.[name];
  const [image, upload] = [contentOf(id, "thumb"), `/api/v1/uploads/${id}/content`];
  if (!told) return name === "mask" ? [upload, image] : [image, upload];
  return { image: [image], upload: [upload], gone: [] }[told.kind];
}

/** Return a small picture from the first of `places` that has it, or words where it is gone or somebody else's. */
function thumbOf(places, label) {
  const left = [...places];
  const picture = h("img", { class: "used", alt: label, width: 44, height: 44 });
  const next = () => { if (left.length) picture.src = left.shift(); else picture.replaceWith(h("span", { class: "sub" }, t("setting.gone"))); };
  picture.addEventListener("error", next);
  next();
  return picture;
}

function timesOf({ image, generation }) {
  const { created_at: created = image.created_at, started_at: started, ended_at: ended } = generation ?? {};
  const took = started && ended ? [[t("took"), t("took.value", { seconds: decimal((Date.parse(ended) - Date.parse(started)) / 1000) })]] : [];
  return created ? [[t("created"), when(created)], ...took] : took;
}
