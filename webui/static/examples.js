/* The empty Create page: a few prompts that the bundled model draws well. */
import { button, h, icon } from "./core/dom.js";
import { t } from "./core/i18n.js";
import { fill } from "./composer/form.js";
import { stemFrom } from "./composer/origin.js";

const PICTURES = ["dress", "tee", "coat", "skirt", "sweater", "hat"];

/** Return what somebody sees who may look but not make. */
export function onlyLooking() {
  return h("section", { class: "welcome" }, h("h2", {}, t("create.looking.title")), h("p", {}, t("create.looking.text")),
    h("a", { class: "button", href: "/history" }, icon("history"), t("nav.history")));
}

/** Return the welcome with its example cards; pressing one writes its prompt into the form. */
export function examples() {
  return h("section", { class: "welcome" },
    h("h2", {}, t("create.empty.title")),
    h("p", {}, t("create.empty.text")),
    h("div", { class: "examples" }, PICTURES.map((picture, place) => example(picture, t(`example.${place + 1}`)))));
}

function example(picture, prompt) {
  return button({ kind: "example", press: () => write(prompt) }, icon(picture), h("span", {}, prompt));
}

function write(prompt) {
  stemFrom(null);
  fill({ prompt });
  (document.querySelector("button#generate") ?? document.querySelector("#generate button"))?.focus();
}
