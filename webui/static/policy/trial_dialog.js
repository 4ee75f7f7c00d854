/* A version tried on the whole kept past, in a dialog; of the active one, what it would newly hold can be held. */
import { ApiError, api, may } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed } from "../core/lists.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { agreement, byCategory, figures, pictures } from "./outcome.js";
import { tryPolicy } from "./running.js";
import { farOf, words } from "./worded.js";

const ALL = 100_000;

/** Try version `at` against the active one, or, where it is that, against the one `since` which it replaced. */
export async function showTrial(at, { since }) {
  const { shadowRoot: root } = overlay();
  await Promise.all([wear(root, "lists"), wear(root, "policy")]);
  const stop = new AbortController();
  const bar = h("progress", { "aria-label": t("trial.running") });
  const told = h("p", { class: "sub", role: "status" }, t("trial.running"));
  const found = h("div", { class: "trial" });
  const dialog = openDialog({ title: t(since ? "trial.title.active" : "trial.title", { number: at, since }), kind: "dialog policy-dialog" },
    h("p", { class: "sub" }, t(since ? "trial.text.active" : "trial.text")), found);
  dialog.addEventListener("close", () => stop.abort());
  const look = async () => {
    found.replaceChildren(bar, told);
    try {
      const report = await tryPolicy(at, { since, most: ALL, signal: stop.signal, told: (far) => {
        bar.max = Math.max(far.of + far.prompts_of, 1);
        bar.value = far.seen + far.prompts_seen;
        told.textContent = farOf(far);
      } });
      const held = report.images.filter(({ turn, moderation, decided }) => turn === "held" && moderation === "released" && !decided);
      found.replaceChildren(...[figures(report), agreement(report), byCategory(report), words(report), since && held.length > 0 && holding(at, held, () => dialog.close()), ...pictures(report, await may("review"))].filter(Boolean));
    } catch (error) {
      if (error.name !== "AbortError") found.replaceChildren(failed(error instanceof ApiError ? error.message : t("trial.error"), look));
    }
  };
  await look();
}

/** Offer to hold what the active version would have held, since it was not active then. */
function holding(at, images, done) {
  const press = () => attempt(async () => {
    const { held } = await api(`/policies/${at}/hold`, { method: "POST", json: { image_ids: images.map(({ image_id: id }) => id), reason: t("trial.hold.reason", { number: at }) } });
    toast(t("trial.hold.said", { count: number(held) }));
    done();
  });
  return h("div", { class: "notice" }, icon("shield"), h("div", {}, h("b", {}, t("trial.hold.title", { count: number(images.length) })), h("p", {}, t("trial.hold.text"))),
    button({ press }, icon("lock"), t("trial.hold")));
}
