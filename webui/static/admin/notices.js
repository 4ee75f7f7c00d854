/* What everybody who looks at the queue should know first. */
import { button, h, icon } from "../core/dom.js";
import { time, when } from "../core/format.js";
import { t } from "../core/i18n.js";

const DAY_MS = 86_400_000;

/** Nothing new begins; with nothing running, say that it is safe to work on the machines. */
export function drained({ drained_at: since, running }, resume) {
  const words = Date.now() - Date.parse(since) < DAY_MS ? time(since) : when(since);
  return notice("pause", t("queue.drained.title", { time: words }),
    [t("queue.drained.text"), running ? t("queue.drained.running") : t("queue.drained.dry")].join(" "),
    button({ kind: "button primary", press: resume }, icon("play"), t("queue.resume")));
}

/** Nothing that draws could be reached lately. */
export const away = () => notice("warning", t("queue.away.title"), t("queue.away.text"));

/** What is shown is old. */
export const stale = (since) => notice("warning", t("queue.stale.title"), t("queue.stale.text", { time: since }));

function notice(picture, title, text, ...acts) {
  return h("div", { class: "notice" }, icon(picture), h("div", {}, h("b", {}, title), h("p", {}, text)), ...acts);
}
