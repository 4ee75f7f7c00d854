/* Writing a comment. What somebody began to write stays with its image until it is sent. */
import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";

const LONGEST = 2000;
const TOLD_FROM = 200;
const drafts = new Map();

export class CommentBox {
  /** `send` is given an image's id and a text; it resolves to whether the comment stands. */
  constructor(send) {
    this.send = send;
    this.input = h("textarea", { rows: 2, maxlength: LONGEST, placeholder: t("comments.add"), "aria-label": t("comments.add"), "aria-keyshortcuts": "Control+Enter",
      oninput: () => this.wrote(), onkeydown: (event) => this.key(event) });
    this.left = h("span", { class: "left", role: "status" });
    this.submit = h("button", { class: "button small", type: "submit", title: "Ctrl Enter" }, t("comments.send"));
    this.element = h("form", { class: "comment-box", hidden: true, onsubmit: (event) => { event.preventDefault(); this.press(); } },
      this.input, h("div", { class: "under" }, this.left, this.submit));
  }

  get text() {
    return this.input.value.trim();
  }

  /** Be about an image; what was begun for it is there again. */
  show(imageId) {
    this.imageId = imageId;
    this.input.value = drafts.get(imageId) ?? "";
    this.element.hidden = true;
    this.tell();
  }

  wrote() {
    drafts.set(this.imageId, this.input.value);
    this.tell();
  }

  tell() {
    const left = LONGEST - this.input.value.length;
    this.left.textContent = left <= TOLD_FROM ? t("comments.left", { count: number(left) }) : "";
    this.submit.disabled = !this.text;
  }

  /** Escape leaves the box before it closes the viewer. */
  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.press();
    else if (event.key === "Escape" && this.text) this.input.closest("dialog").focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  async press() {
    const { imageId, text } = this;
    if (!text || this.sending) return;
    this.sending = this.submit.disabled = this.input.readOnly = true;
    const stands = await this.send(imageId, text);
    this.sending = this.input.readOnly = false;
    if (stands) drafts.delete(imageId);
    if (stands && this.imageId === imageId) this.input.value = "";
    this.tell();
  }
}
