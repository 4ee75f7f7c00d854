/* What a trial found: how many images would be held and released, what people had said of them, and which they are. */
import { contentOf } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

const MOST_SHOWN = 48;

/** Return the figures of a report. */
export function figures({ of, held, released, held_in_all: all }) {
  const tile = (name, value, kind = "") => h("div", { class: `figure ${kind}` }, h("dt", {}, t(`trial.${name}`)), h("dd", {}, number(value)));
  return h("div", {}, h("dl", { class: "figures" }, tile("held", held, held ? "bad" : ""), tile("released", released, released ? "ok" : "")),
    h("p", { class: "sub" }, of ? t("trial.of", { of: number(of), all: number(all) }) : t("trial.none")));
}

/** Return which decisions of people it agrees with, and which it does not; nothing where they decided about none. */
export function agreement({ decided }) {
  const told = [["held_released", "warn"], ["released_rejected", "warn"], ["held_rejected", "ok"], ["released_released", "ok"]].filter(([name]) => decided[name]);
  if (!told.length) return null;
  return h("ul", { class: "agreement" }, told.map(([name, kind]) => h("li", {}, h("span", { class: `tag ${kind}` }, number(decided[name])), t(`trial.decided.${name}`))));
}

/** Return a table of categories. */
export function byCategory({ categories }) {
  if (!categories.length) return null;
  return h("div", { class: "table" }, h("table", {}, h("caption", { class: "hidden-text" }, t("policy.categories")),
    h("thead", {}, h("tr", {}, ["policy.category", "trial.held", "trial.released"].map((key, place) => h("th", { scope: "col", class: place ? "count" : null }, t(key))))),
    h("tbody", {}, categories.map(({ title, held, released }) => h("tr", {}, h("th", { scope: "row" }, title), h("td", { class: "count" }, number(held)), h("td", { class: "count" }, number(released)))))));
}

/** Return the images as blurred pictures that lead to each; those that are held now show nothing. */
export function pictures({ images, held, released }, reviews) {
  const groups = ["held", "released"].map((turn) => [turn, images.filter((one) => one.turn === turn), turn === "held" ? held : released]);
  return groups.filter(([, some]) => some.length).map(([turn, some, all]) => h("section", {}, h("h3", {}, t(`trial.list.${turn}`, { count: number(all) })),
    h("ul", { class: "turned" }, some.slice(0, MOST_SHOWN).map((one) => h("li", {}, picture(one, reviews)))),
    all > MOST_SHOWN && h("p", { class: "sub" }, t("trial.more", { count: number(all - MOST_SHOWN) }))));
}

function picture({ image_id: id, category, moderation, decided }, reviews) {
  const shown = reviews && moderation === "released";
  const inside = shown ? h("img", { alt: "", loading: "lazy", src: contentOf(id, "thumb") }) : icon("unseen");
  const label = t("trial.image", { category: category ?? "–", state: t(`moderation.state.${decided ?? (moderation === "released" ? "released" : "open")}`) });
  return h("a", { href: `/i/${id}`, target: "_blank", rel: "noopener", "aria-label": label, title: label }, inside, decided && h("b", { class: `mark ${decided}` }, icon(decided === "released" ? "check" : "close")));
}
