/* The one gallery that a library may be about: its search, and taking images out of it. */
import { api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { offer, toast } from "../overlay/toast.js";
import { within } from "./ahead.js";

export class Scope {
  /** `host` names the gallery in its attributes `gallery` and `name`, and has `edits` for who may change it. */
  constructor(host) {
    this.host = host;
  }

  get gallery() {
    return this.host.getAttribute("gallery");
  }

  get name() {
    return this.host.getAttribute("name");
  }

  /** Return a search with what the library is about. */
  whole(query) {
    return within(this.gallery, query);
  }

  /** Return the terms that a person chose, without the one that `whole` adds. */
  own(terms) {
    return this.gallery ? terms.slice(1) : terms;
  }

  /** Say whether any of these images may be taken out: who edits the gallery takes any, others what is theirs. */
  lets(items) {
    return Boolean(this.gallery) && (this.host.hasAttribute("edits") || items.some(({ image }) => image.mine));
  }

  /** Take images out, and offer to put them back. */
  async takeOut(ids) {
    const gone = await this.#place(ids, false);
    if (gone.length) offer(t("galleries.images.said.out", { count: number(gone.length) }), t("action.undo"), () => this.#place(gone, true));
  }

  async #place(ids, placed) {
    let done = [];
    await attempt(async () => {
      const answer = await api(`/galleries/${this.gallery}/images`, { method: placed ? "POST" : "DELETE", json: { image_ids: ids } });
      done = placed ? answer.placed : answer.removed;
      if (done.length) document.dispatchEvent(new CustomEvent("atelier:changed", { detail: { ids: new Set(done), placed } }));
      if (answer.refused.length) toast(t("changes.refused", { count: number(answer.refused.length), reason: answer.refused[0].reason }), "bad");
    });
    return done;
  }
}
