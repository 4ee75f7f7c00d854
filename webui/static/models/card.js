/* One model: what it is, how it did in thirty days, its stage, who may draw with it, and what can be chosen about it. */
import { api } from "../core/api.js";
import { attempt, copy } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, decimal, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { stopOf } from "../core/stopped.js";
import { toast } from "../overlay/toast.js";
import { roleName } from "../people/parts.js";
import { NONE, megabytes, seconds, share } from "../figures/units.js";
import { showHistory } from "./history.js";
import { extras } from "./extras.js";
import { askForStage } from "./stage_form.js";

const SHOWN_OF_DIGEST = 12;
const A_MILLION = 1e6;
const LOOKS = { default: "live", canary: "warn", available: "ok", staging: "plain", retired: "plain" };

/** Return the card; `figures` are of the last days, null where they could not be had. */
export function modelCard(model, { figures, ready, changed }) {
  const { name, card, reason, stage } = model;
  const title = card?.title ?? name;
  return h("li", { class: "model", "data-model": name },
    h("header", {}, h("h2", {}, title), h("code", {}, name), tags(model, ready)),
    card && h("p", { class: "about" }, card.description),
    stage === "retired" && h("p", { class: "why" }, icon("info"), h("span", {}, t("models.why", { reason }))),
    model.weights_changed && others(model, title, changed),
    figures && results(figures),
    card && facts(model),
    card && extras(card),
    h("footer", {}, acts(model, title, changed), model.changed_at && h("span", { class: "sub", title: when(model.changed_at) }, t("models.changed", { who: model.changed_by ?? t("models.somebody"), when: ago(model.changed_at) }))));
}

/** Return the stage in a word, with the share of a canary. */
export const stageTag = (stage, percent) => h("span", { class: `tag ${LOOKS[stage]}` }, percent === null ? t(`stage.${stage}`) : t("stage.canary.share", { share: number(percent) }));

function tags({ name, card, stage, share: percent, is_default: draws }, ready) {
  return h("span", { class: "tags" }, stageTag(stage, percent), draws && stage !== "default" && h("span", { class: "tag live" }, t("models.tag.stands_in")),
    stopOf(name) && h("span", { class: "tag warn", title: stopOf(name).reason }, t("stopped.tag")),
    !card && h("span", { class: "tag plain" }, t("models.tag.gone")),
    stage !== "retired" && card && ready && card.warmth !== "warm" && h("span", { class: "tag plain", title: t("models.tag.cold.hint") }, t(card.warmth === "loading" ? "models.tag.loading" : "models.tag.cold")),
    stage !== "retired" && card && !ready && h("span", { class: "tag plain" }, t("models.tag.away")));
}

/** Say that other weights are drawn with than were approved, and let them be. */
function others({ name, stage, share: percent, approved_sha256: then, card }, title, changed) {
  const approve = () => attempt(async () => {
    await api(`/models/${encodeURIComponent(name)}`, { method: "PATCH", json: { stage, ...(percent === null ? {} : { share: percent }) } });
    toast(t("models.said.approved", { name: title }));
    changed();
  });
  const short = (digest) => digest.slice(0, SHOWN_OF_DIGEST);
  return h("div", { class: "why" }, icon("warning"), h("div", {}, h("b", {}, t("models.weights_changed")), h("p", {}, t("models.weights_changed.text", { then: short(then), now: short(card.weights_sha256) })),
    button({ kind: "button small", label: t("models.approve.label", { name: title }), press: approve }, icon("check"), t("models.approve"))));
}

function results({ images = 0, run_p50: half = null, run_p95: most = null, hold_rate: held = null }) {
  const figure = (name, value) => h("div", {}, h("dt", {}, t(`models.figure.${name}`)), h("dd", {}, value));
  return h("dl", { class: "results", "aria-label": t("models.figures") }, figure("images", number(images)), figure("half", seconds(half)), figure("most", seconds(most)), figure("held", share(held)));
}

function facts({ card, roles }) {
  const { defaults: usual } = card;
  const fact = (name, ...value) => [h("dt", {}, t(`models.fact.${name}`)), h("dd", {}, value)];
  return h("dl", { class: "facts" },
    fact("family", card.family || NONE), fact("licence", card.licence || NONE),
    fact("usual", t("models.usual", { width: usual.width, height: usual.height, steps: usual.num_inference_steps, guidance: decimal(usual.guidance_scale), scheduler: usual.scheduler })),
    fact("draft", draftOf(card)),
    fact("largest", t("models.megapixels", { count: decimal(card.max_pixels / A_MILLION) })),
    fact("price", t("models.price", { factor: decimal(card.credit_factor) })),
    fact("checker", checkers(card)),
    fact("roles", h("a", { href: "/people?show=roles" }, roles === null ? t("models.roles.every") : roles.map(roleName).join(", ") || t("models.roles.none"))),
    fact("weights", card.weights_bytes === null ? null : `${megabytes(card.weights_bytes)} · `, h("code", { title: card.weights_sha256 }, card.weights_sha256.slice(0, SHOWN_OF_DIGEST)),
      button({ kind: "round tiny", label: t("models.copy", { name: card.title }), press: () => copy(card.weights_sha256) }, icon("copy"))));
}

/** Return what a draft is drawn with, in words. */
function draftOf({ draft }) {
  if (!draft) return t("models.draft.none");
  const { num_inference_steps: steps, guidance_scale: guidance, scheduler, decoder } = draft;
  return t(decoder === "tiny" ? "models.draft.tiny" : "models.draft", { steps, guidance: decimal(guidance), scheduler });
}

/** Name who looks at the model's images, each with what it says that it can see, and what is wrong with it. */
function checkers({ safety_checker: own, checkers: all = [] }) {
  if (!all.length) return own;
  return h("ul", { class: "checkers" }, all.map(({ name, version, scope, trouble }) => h("li", {}, name, version && h("small", {}, ` ${version}`),
    scope && h("p", { class: "sub" }, scope), trouble && h("p", { class: "why" }, icon("warning"), h("span", {}, t("models.checker.trouble", { why: trouble }))))));
}

function acts({ name, stage, share: percent, moves }, title, changed) {
  const move = () => askForStage({ name, title, stage, share: percent, moves, changed });
  return h("div", { class: "row-of" },
    moves.length ? button({ kind: "button small", label: t("models.move.label", { name: title }), press: move }, icon("stack"), t("models.move")) : h("span", { class: "sub" }, t("models.stays")),
    button({ kind: "button small", label: t("models.history.label", { name: title }), press: () => showHistory(name, title) }, icon("history"), t("models.history")));
}
