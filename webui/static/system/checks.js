/* The checks as a list: what needs somebody comes first, and each says its state in a word, too. */
import { h, icon } from "../core/dom.js";
import { has, t } from "../core/i18n.js";

const WORST_FIRST = ["bad", "warn", "ok"];
const PICTURES = { ok: "check", warn: "warning", bad: "close" };
const TAGS = { ok: "tag ok", warn: "tag warn", bad: "tag" };
// Where something can be done about it.
const PLACES = { queue: "/admin", dispatchers: "/admin", dead_letters: "/admin?show=dead", audit: "/people?show=audit" };

/** Return the checks with those first that need somebody; otherwise their order stays. */
export const sorted = (checks) => WORST_FIRST.flatMap((state) => checks.filter((one) => one.state === state));

/** Return the list. What a check says comes from the studio, in English. */
export const checkRows = (checks) => h("ul", { class: "checks-of" }, checks.map(row));

function row({ name, state, says, do_next: next }) {
  const title = has(`system.check.${name}`) ? t(`system.check.${name}`) : name;
  return h("li", { class: `check-of ${state}`, "data-check": name },
    h("span", { class: "mark" }, icon(PICTURES[state])),
    h("div", {},
      h("h3", {}, title),
      h("p", { lang: "en" }, says),
      next && h("p", { class: "next", lang: "en" }, icon("right"), h("span", {}, next)),
      state !== "ok" && PLACES[name] && h("a", { class: "button small", href: PLACES[name], "data-of": name }, t("system.go"))),
    h("span", { class: TAGS[state] }, t(`system.state.${state}`)));
}
