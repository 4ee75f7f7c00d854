/* What a generation is doing, in words. */
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

/** Return the line under a card's prompt, and its kind for colour. */
export function statusOf(generation, progress) {
  switch (generation.state) {
    case "queued": return { kind: "live", text: queued(generation.position) };
    case "running": return { kind: "live", text: running(progress) };
    case "failed": return { kind: "bad", text: generation.error?.message ?? t("state.failed") };
    case "canceled": return { kind: "quiet", text: t("state.canceled.text") };
    default: return finished(generation);
  }
}

function queued(position) {
  const place = position > 0 ? t("state.queued.position", { count: number(position) }) : t("state.queued.next");
  return `${t("state.queued")} · ${place}`;
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
  return { kind: "quiet", text: "" };
}
