/* Who is in a gallery: looked up by name, given a role, let go; and one's own way out. */
import { api, me } from "../core/api.js";
import { attempt } from "../core/actions.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { sure } from "../overlay/sure.js";
import { ask, face } from "./parts.js";

const ROLES = ["viewer", "commenter", "editor"];
const TYPING_MS = 250;

/** Open the list of members; `changed` is called when it closes after a change. */
export async function openMembers(gallery, changed) {
  const members = new Members(gallery, await me());
  await wear(overlay().shadowRoot, "sharing");
  const dialog = await ask(t("galleries.members"), members.element);
  members.close = () => dialog.close();
  dialog.addEventListener("close", () => { if (members.touched) changed(); });
  members.look();
}

class Members {
  constructor(gallery, self) {
    Object.assign(this, { gallery, self, touched: false, owns: gallery.role === "owner", path: `/galleries/${gallery.id}` });
    this.list = h("ul", { class: "people" });
    this.found = h("ul", { class: "people found", "aria-live": "polite" });
    this.input = h("input", { type: "search", class: "words", autocomplete: "off", maxlength: 80, "aria-label": t("galleries.members.find"), placeholder: t("galleries.members.find"), oninput: () => this.typed() });
    this.element = h("div", { class: "members" }, this.owns && h("div", { class: "finder" }, this.input, this.found), this.list);
  }

  async look() {
    const done = await attempt(async () => {
      const members = await api(`${this.path}/members`);
      this.list.replaceChildren(...members.map((one) => this.row(one)));
    });
    if (!done) this.close();
  }

  typed() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.find(this.input.value.trim()), TYPING_MS);
  }

  async find(words) {
    const asked = (this.asked = {});
    if (!words) return this.found.replaceChildren();
    const people = await api(`${this.path}/candidates?${new URLSearchParams({ q: words })}`).catch(() => []);
    if (this.asked !== asked) return;
    this.found.replaceChildren(...(people.length ? people.map((one) => this.candidate(one)) : [h("li", { class: "none" }, t("galleries.members.nobody"))]));
  }

  candidate({ id, name }) {
    return h("li", {}, face(name), h("b", {}, name),
      button({ kind: "button small", label: t("galleries.members.add.label", { name }), press: () => this.put(id, "viewer") }, icon("plus"), t("galleries.members.add")));
  }

  row({ user, role }) {
    const self = user.id === this.self.id;
    return h("li", {}, face(user.name), h("div", {}, h("b", {}, user.name, self && ` ${t("galleries.members.you")}`), user.email && h("small", {}, user.email)), ...this.acts(user, role, self));
  }

  acts(user, role, self) {
    if (role === "owner" || (!this.owns && !self)) return [h("span", { class: "role" }, t(`galleries.role.${role}`))];
    if (!this.owns) return [h("span", { class: "role" }, t(`galleries.role.${role}`)), button({ kind: "button small bad", press: () => this.leave() }, t("galleries.members.leave"))];
    const picker = h("select", { "aria-label": t("galleries.members.role", { name: user.name }), onchange: () => this.chosen(user, picker.value) },
      [...ROLES, "owner"].map((one) => h("option", { value: one, selected: one === role }, t(`galleries.role.${one}`))));
    return [picker, button({ kind: "round", label: t("galleries.members.remove", { name: user.name }), press: () => this.drop(user.id) }, icon("close"))];
  }

  async chosen(user, role) {
    if (role !== "owner") return this.put(user.id, role);
    const really = await sure("galleries.hand", { name: user.name });
    if (!really) return this.look();
    const done = await this.change("", "PATCH", { owner_id: user.id });
    if (done) this.close();
  }

  async put(id, role) {
    await this.change(`/members/${id}`, "PUT", { role });
    this.input.value = "";
    this.found.replaceChildren();
    await this.look();
  }

  async drop(id) {
    await this.change(`/members/${id}`, "DELETE");
    await this.look();
    this.input.focus();
  }

  async leave() {
    const really = await sure("galleries.leave", { name: this.gallery.name });
    if (really && await this.change(`/members/${this.self.id}`, "DELETE")) location.assign("/galleries");
  }

  async change(path, method, json) {
    const done = await attempt(() => api(`${this.path}${path}`, { method, json }));
    this.touched ||= done;
    return done;
  }
}
