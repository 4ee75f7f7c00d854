/* The dialogs of searches that somebody keeps: giving one a name, and arranging them. `saved` is told what to do. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { openDialog } from "../overlay/dialog.js";

const LONGEST = 80;

/** Ask for the name of the search that is open, and keep it. */
export function keep(saved) {
  const input = naming("");
  const send = async (event) => {
    event.preventDefault();
    if (await saved.tell("", "POST", { name: input.value.trim(), query: saved.current() }, "saved.kept")) dialog.close();
  };
  const dialog = openDialog({ title: t("saved.keep") }, h("form", { class: "asked", onsubmit: send }, input,
    h("div", { class: "choices" }, button({ press: () => dialog.close() }, t("action.leave")), h("button", { class: "button primary", type: "submit" }, t("saved.act")))));
}

/** Show them all, to be named anew, pinned and deleted. */
export function arrange(saved) {
  const list = h("ul", { class: "arranged" });
  const show = () => list.replaceChildren(...saved.kept.map((one) => row(saved, one, show)));
  openDialog({ title: t("saved.arrange"), kind: "dialog wide" }, list);
  show();
}

function row(saved, { id, name, pinned }, show) {
  const input = naming(name, t("saved.name.of", { name }));
  input.addEventListener("change", () => { if (input.value.trim()) saved.tell(`/${id}`, "PATCH", { name: input.value.trim() }, "saved.renamed").then(show); });
  return h("li", {}, input,
    button({ kind: "round", label: t(pinned ? "saved.unpin" : "saved.pin", { name }), "aria-pressed": String(pinned), press: () => saved.tell(`/${id}`, "PATCH", { pinned: !pinned }).then(show) }, icon("pin")),
    button({ kind: "round", label: t("saved.delete", { name }), press: () => saved.tell(`/${id}`, "DELETE", undefined, "saved.deleted").then(show) }, icon("trash")));
}

function naming(value, label = t("saved.name")) {
  return h("input", { class: "picker words", type: "text", maxlength: LONGEST, required: true, value, "aria-label": label, placeholder: t("saved.name"), autocomplete: "off" });
}
