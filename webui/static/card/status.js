/* What a generation is doing, in words. */
import { number, time } from "../core/format.js";
import { t } from "../core/i18n.js";

/** Return the line under a card's prompt, and its kind for colour. */
export function statusOf(generation, progress) {
  switch (generation.state) {
    case "queued": return waiting(generation);
    case "running": return { kind: "live", text: running(progress) };
    case "failed": return { kind: "bad", text: generation.error?.message ?? t("state.failed") };
    case "canceled": return { kind: "quiet", text: t("state.canceled.text") };
    default: return finished(generation);
  }
}

function waiting(generation) {
  const { code, until } = generation.waiting_for ?? { code: "room" };
  if (code === "paused") return { kind: "quiet", text: t("state.queued.paused") };
  const why = code === "others" ? t("state.queued.position", { count: number(generation.position) })
    : code === "retry" ? t("state.queued.retry", { time: time(until) }) : t(`state.queued.${code}`);
  const start = code === "retry" ? "" : startsIn(generation.estimated_start_s);
  return { kind: "live", text: [t("state.queued"), why, start].filter(Boolean).join(" · ") };
}

/** Return when it begins, roughly; nothing while that is not known, or is now. */
function startsIn(seconds) {
  if (!seconds || seconds < 1) return "";
  return seconds < 90 ? t("state.queued.seconds", { count: number(Math.round(seconds)) })
    : t("state.queued.minutes", { count: number(Math.round(seconds / 60)) });
}

function running(progress) {
  if (!progress) return t("state.starting");
  if (progress.step >= progress.total) return t("state.finishing");
  const step = t("state.step", { step: progress.step, total: progress.total });
  const left = progress.eta_s === null || progress.eta_s === undefined ? null : Math.max(1, Math.round(progress.eta_s));
  return left === null ? step : `${step} · ${t("state.eta", { seconds: number(left) })}`;
}

function finished(generation) {
  const held = generation.images.filter((image) => image.moderation === "held").length;
  if (held && generation.images.length > 1) return { kind: "quiet", text: t("state.held.count", { count: held }) };
  const { from_cache: known, by_canary: tried, parameters } = generation;
  return { kind: "quiet", text: [known && t("state.from_cache"), tried && t("state.by_canary", { model: parameters.model })].filter(Boolean).join(" · ") };
}
