/* What people say about an image, the oldest first, as it is said. Hidden where nobody may read it. */
import { ApiError, api } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { ago, number, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { store } from "../core/store.js";
import { sure } from "../overlay/sure.js";
import { say } from "../overlay/toast.js";
import { CommentBox } from "./comment_box.js";

const PAGE = 50;
const MOST = 200;

export class Comments {
  constructor() {
    this.count = h("small");
    this.list = h("ol", { class: "comments" });
    this.space = h("div", { class: "comments-space" });
    this.earlier = button({ kind: "button small", hidden: true, press: () => this.more() }, t("comments.earlier"));
    this.box = new CommentBox((imageId, text) => this.write(imageId, text));
    this.element = h("section", { tabindex: -1, "aria-label": t("comments") }, h("h2", {}, t("comments"), this.count), this.earlier, this.list, this.space, this.box.element);
  }

  /** Show what is said about an image. */
  show(imageId) {
    Object.assign(this, { imageId, items: null, cursor: null });
    this.element.hidden = false;
    this.earlier.hidden = true;
    this.count.textContent = "";
    this.list.replaceChildren();
    this.space.replaceChildren(h("span", { class: "spinner", role: "progressbar", "aria-label": t("comments.loading") }));
    this.box.show(imageId);
    this.look();
  }

  /** Hear of new comments, and of what was missed while the studio was out of reach. */
  listen() {
    this.hearing = new AbortController();
    const { signal } = this.hearing;
    store.addEventListener("comment", ({ detail }) => { if (detail.image_id === this.imageId) this.look(); }, { signal });
    store.addEventListener("connection", ({ detail }) => { if (detail.here) this.look(); }, { signal });
  }

  deafen() {
    this.hearing.abort();
  }

  /** Read the newest ones anew, as many as are shown. */
  async look() {
    const limit = Math.min(MOST, Math.max(PAGE, this.items?.length ?? 0));
    await this.read({ limit }, (page) => {
      const fresh = page.items.toReversed();
      const older = page.next_cursor ? (this.items ?? []).filter(({ id }) => id < fresh[0].id) : [];
      if (!older.length) this.cursor = page.next_cursor;
      this.tellNew(fresh);
      this.items = [...older, ...fresh];
      this.box.element.hidden = !page.can_comment;
    });
  }

  more() {
    return this.read({ limit: PAGE, cursor: this.cursor }, (page) => {
      this.cursor = page.next_cursor;
      this.items = [...page.items.toReversed(), ...this.items];
    });
  }

  async read(query, taken) {
    const { imageId } = this;
    const asked = (this.asked = {});
    try {
      const page = await api(`/images/${imageId}/comments?${new URLSearchParams(query)}`);
      if (this.asked !== asked) return;
      taken(page);
      this.settle();
    } catch (error) {
      if (this.asked === asked) this.failed(error);
    }
  }

  /** Let the list have a row for each comment; those that are there stay, with the focus. */
  settle() {
    const ids = new Set(this.items.map(({ id }) => id));
    for (const row of [...this.list.children]) if (!ids.has(row.dataset.id)) row.remove();
    this.items.forEach((one, place) => {
      const there = this.list.children[place] ?? null;
      if (there?.dataset.id !== one.id) this.list.insertBefore(this.row(one), there);
    });
    this.earlier.hidden = !this.cursor;
    this.count.textContent = this.items.length ? `${number(this.items.length)}${this.cursor ? "+" : ""}` : "";
    this.space.replaceChildren(...(this.items.length ? [] : [h("p", { class: "sub" }, t("comments.none"))]));
  }

  row({ id, author, text, created_at: at, can_remove: removable }) {
    return h("li", { "data-id": id },
      h("p", { class: "who" }, h("b", {}, author.name), h("time", { datetime: at, title: when(at) }, ago(at)),
        removable && button({ kind: "round tiny bad", label: t("comments.remove", { name: author.name }), press: () => this.remove(id) }, icon("trash"))),
      h("p", { class: "said" }, text));
  }

  /** Where it cannot be read at all there is nothing to say; what is shown stays when it cannot be read anew. */
  failed(error) {
    if (error instanceof ApiError && error.status === 404) this.element.hidden = true;
    else if (!this.items) this.space.replaceChildren(h("p", { class: "sub" }, t("comments.error")), button({ kind: "button small", press: () => this.show(this.imageId) }, icon("retry"), t("action.reload")));
  }

  tellNew(fresh) {
    const last = fresh.at(-1);
    if (this.items && last && !last.mine && !this.items.some(({ id }) => id === last.id)) say(t("comments.new", { name: last.author.name, text: last.text }));
  }

  async write(imageId, text) {
    const stands = await attempt(() => api(`/images/${imageId}/comments`, { method: "POST", json: { text } }));
    if (!stands || imageId !== this.imageId) return stands;
    await this.look();
    this.list.lastElementChild?.scrollIntoView({ block: "nearest" });
    return stands;
  }

  async remove(id) {
    const really = await sure("comments.remove");
    if (!really || !(await attempt(() => api(`/comments/${id}`, { method: "DELETE" })))) return;
    this.element.focus();
    await this.look();
  }
}
