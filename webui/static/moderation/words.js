/* How cases are named: a policy's category in plain words, how bad it is, why it is looked at, who has it open. */
import { h, icon } from "../core/dom.js";
import { time } from "../core/format.js";
import { has, t } from "../core/i18n.js";

/** Return what is wrong, in the reader's language where the studio's own word is known, else as the policy writes it. */
export function titleOf({ category, title }) {
  const key = `moderation.category.${category}`;
  return has(key) ? t(key) : title ?? t("moderation.category.none");
}

/** Return the small marks of a case: severe, appealed, waiting for a second person, unusual origin, taken. */
export function marks(flag) {
  const { severity, appeal, awaited, escalation, origin, claim, mine, purged } = flag;
  return [
    severity === "severe" && h("span", { class: "tag" }, icon("warning"), t("moderation.severity.severe")),
    escalation && flag.state === "open" && h("span", { class: "tag" }, t("moderation.mark.escalated")),
    severity === "low" && h("span", { class: "tag plain" }, t("moderation.severity.low")),
    appeal && !appeal.answered_at && h("span", { class: "tag live" }, t("moderation.mark.appeal")),
    awaited && h("span", { class: "tag warn" }, t("moderation.mark.second")),
    origin !== "check" && h("span", { class: "tag plain" }, t(`moderation.origin.${origin}`)),
    purged && h("span", { class: "tag plain" }, t("moderation.mark.purged")),
    mine && h("span", { class: "tag plain" }, t("moderation.mark.mine")),
    claim && !claim.mine && h("span", { class: "tag warn" }, icon("lock"), t("moderation.mark.claimed", { name: claim.name, time: time(claim.until) })),
    flag.state !== "open" && h("span", { class: `tag ${flag.state}` }, t(`moderation.state.${flag.state}`)),
  ].filter(Boolean);
}
