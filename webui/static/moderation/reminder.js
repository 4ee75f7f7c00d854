/* After half an hour of looking at what was held, one is asked to look away: what is seen here is not good for anybody. */
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { say } from "../overlay/toast.js";

const AFTER_MIN = 30;

/** Return a place in which the reminder appears, and what ends the counting. Minutes with the page out of sight do not count. */
export function reminder() {
  const place = h("div", { class: "reminder" });
  let minutes = 0;
  const tick = setInterval(() => {
    if (document.hidden || ++minutes < AFTER_MIN) return;
    minutes = 0;
    say(t("moderation.break.title"));
    place.replaceChildren(h("div", { class: "notice", role: "status" }, icon("clock"),
      h("div", {}, h("b", {}, t("moderation.break.title")), h("p", {}, t("moderation.break.text"))),
      button({ press: () => place.replaceChildren() }, t("moderation.break.done"))));
  }, 60_000);
  return { place, stop: () => clearInterval(tick) };
}
