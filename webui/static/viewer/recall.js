/* Taking settings of an image back into the form: all of them, all but the seed, or one of them alone. */
import { recall } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

const PARTS = { a: "all", r: "remix", p: "prompt", s: "seed", d: "size" };

/** Return the buttons; `before` is called before the form is filled. */
export function recallButtons(item, before) {
  const act = (take) => () => { before(); recall(item, take); };
  return h("div", { class: "recall", role: "group", "aria-label": t("recall") },
    button({ kind: "button primary", title: `${t("recall.all.hint")} · A`, press: act("all") }, icon("reuse"), t("action.reuse")),
    button({ title: `${t("recall.remix.hint")} · R`, press: act("remix") }, t("recall.remix")),
    h("div", { class: "parts" }, ["prompt", "seed", "size"].map((take) => button({ kind: "button small quiet", title: keyOf(take), press: act(take) }, t(`recall.${take}`)))));
}

/** Return the keys, for who may generate. */
export function recallKeys(item, forbidden, before) {
  if (forbidden) return {};
  return Object.fromEntries(Object.entries(PARTS).map(([key, take]) => [key, () => { before(); recall(item, take); }]));
}

const keyOf = (take) => Object.keys(PARTS).find((key) => PARTS[key] === take).toUpperCase();
