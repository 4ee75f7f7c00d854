/* How a model came to its stage: every move, newest first, in a dialog. */
import { ApiError, api } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { failed, ghosts } from "../core/lists.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { wear } from "../core/styles.js";

const SHOWN_OF_DIGEST = 12;

export async function showHistory(name, title) {
  const { shadowRoot: root } = overlay();
  await Promise.all([wear(root, "asking"), wear(root, "moves")]);
  const list = h("div", { class: "moves" }, ghosts());
  openDialog({ title: t("models.history.title", { name: title }), kind: "dialog asking" }, list);
  const look = async () => {
    try {
      const moves = await api(`/models/${encodeURIComponent(name)}/moves`);
      list.replaceChildren(moves.length ? h("ol", {}, moves.map(row)) : h("p", { class: "sub" }, t("models.history.none")));
    } catch (error) {
      list.replaceChildren(failed(error instanceof ApiError ? error.message : t("models.history.error"), look));
    }
  };
  await look();
}

function row({ at, by, before, after, share, reason, weights_sha256: weights, rolled_back: back }) {
  const to = share === null ? t(`stage.${after}`) : t("stage.canary.share", { share: number(share) });
  const what = before === after ? t("models.history.again", { stage: to }) : t(before ? "models.history.move" : "models.history.first", { from: before && t(`stage.${before}`), to });
  return h("li", {},
    h("div", {}, icon(back ? "reuse" : after === "retired" ? "minus" : "right"), h("b", {}, what), back && h("span", { class: "sub" }, t("models.history.back"))),
    reason && h("p", {}, reason),
    h("p", { class: "sub" }, h("span", { title: when(at) }, t("models.changed", { who: by ?? t("models.somebody"), when: ago(at) })), weights && [" · ", h("code", { title: weights }, weights.slice(0, SHOWN_OF_DIGEST))]));
}
