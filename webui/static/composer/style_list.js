/* The list that a style is chosen from: a search, those that come with the studio, one's own, the team's, everyone's. */
import { api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { sure } from "../overlay/sure.js";
import { toast } from "../overlay/toast.js";
import { wear, worn } from "./style.js";
import { nameOf } from "./styles.js";

const MOST = 100;
const PAUSE_MS = 200;
// Few keep a preset: its form is loaded when one does.
const form = () => import("./preset_form.js");

export class StyleList {
  constructor({ chosen, leave }) {
    Object.assign(this, { chosen, leave, asked: 0, builtIn: null });
    this.search = h("input", { type: "search", class: "search", placeholder: t("presets.search"), "aria-label": t("presets.search"), autocomplete: "off", spellcheck: "false", maxlength: 80, oninput: () => this.soon() });
    this.rows = h("div", { class: "rows" });
    this.element = h("div", { class: "list", onkeydown: (event) => this.move(event) }, h("div", { class: "finder" }, icon("search"), this.search), this.rows,
      button({ kind: "save", press: async () => { leave(); (await form()).savePreset(); } }, icon("plus"), t("presets.save")));
  }

  open() {
    this.search.value = "";
    this.search.focus();
    this.load();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), PAUSE_MS);
  }

  async load() {
    const turn = ++this.asked;
    const words = this.search.value.trim();
    if (!this.rows.children.length) this.rows.replaceChildren(...Array.from({ length: 6 }, () => h("div", { class: "ghost" })));
    try {
      const [builtIn, { items }] = await Promise.all([this.builtIn ?? api("/presets/built-in"), api(`/presets?limit=${MOST}&q=${encodeURIComponent(words)}`)]);
      this.builtIn = builtIn;
      if (turn === this.asked) this.show(words.toLowerCase(), items);
    } catch {
      if (turn === this.asked) this.rows.replaceChildren(h("p", { class: "none" }, t("presets.error")), button({ kind: "button small", press: () => this.load() }, icon("retry"), t("action.reload")));
    }
  }

  show(words, items) {
    const theirs = (visibility) => items.filter((one) => !one.mine && one.visibility === visibility);
    const groups = [
      ["built_in", this.builtIn.filter((one) => nameOf(one).toLowerCase().includes(words))], ["mine", items.filter((one) => one.mine)],
      ["team", theirs("team")], ["everyone", theirs("everyone")],
    ].filter(([, presets]) => presets.length);
    this.rows.replaceChildren(...groups.map(([name, presets]) => h("section", { "aria-label": t(`presets.group.${name}`) },
      h("h3", {}, t(`presets.group.${name}`)), presets.map((preset) => this.row(preset)))));
    if (!groups.length) this.rows.append(h("p", { class: "none" }, t("presets.none")));
  }

  row(preset) {
    const name = nameOf(preset);
    const on = worn()?.id === preset.id;
    return h("div", { class: "row" },
      button({ kind: "style", "aria-pressed": String(on), press: () => this.chosen(preset) },
        h("span", { class: "name" }, name, preset.mine && preset.visibility !== "private" && h("small", {}, t(`presets.visibility.${preset.visibility}`))),
        h("span", { class: "what" }, about(preset.parameters)), on && icon("check")),
      preset.can_change && button({ kind: "round tiny", label: t("presets.edit", { name }), press: async () => { this.leave(); (await form()).editPreset(preset); } }, icon("create")),
      preset.can_change && button({ kind: "round tiny", label: t("presets.remove", { name }), press: () => this.remove(preset) }, icon("trash")));
  }

  async remove(preset) {
    this.leave();
    if (!await sure("presets.delete", { name: preset.name })) return;
    try {
      await api(`/presets/${preset.id}`, { method: "DELETE" });
      if (worn()?.id === preset.id) wear(null);
      toast(t("presets.deleted"));
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const stops = [this.search, ...this.rows.querySelectorAll(".style")];
    const here = stops.indexOf(this.element.getRootNode().activeElement);
    stops[Math.max(0, Math.min(here + step, stops.length - 1))].focus();
  }
}

function about({ template, num_inference_steps: steps, negative_prompt: avoided, ratio }) {
  return [template?.replace("{prompt}", "…"), steps && t("presets.steps", { steps }), ratio && t(`ratio.${ratio}`), avoided && `${t("negative_prompt")}: ${avoided}`].filter(Boolean).join(" · ");
}
