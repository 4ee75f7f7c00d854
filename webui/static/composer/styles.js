/* Under the prompt: the style that it wears, the way to choose another one, and what is sent. */
import { AtElement } from "../core/element.js";
import { button, h, icon } from "../core/dom.js";
import { has, t } from "../core/i18n.js";
import { say } from "../overlay/toast.js";
import { values } from "./form.js";
import { ParentChip } from "./parent.js";
import { around, styles, wear, worn } from "./style.js";

const MARGIN = 12;
const WIDTH = 360;

/** Return a preset's name; those that come with the studio have words of their own in each language. */
export const nameOf = ({ id, name }) => (has(`preset.built_in.${id}`) ? t(`preset.built_in.${id}`) : name);

export class Styles extends AtElement {
  static sheets = ["presets"];

  render() {
    this.popover_ = h("div", { class: "pop", popover: "auto", role: "dialog", "aria-label": t("presets.choose"), ontoggle: (event) => this.toggled(event) });
    this.opener = button({ kind: "opener", "aria-haspopup": "dialog", "aria-expanded": "false", press: () => this.popover_.togglePopover() });
    this.chip = h("span", { class: "worn", hidden: true });
    this.stem = new ParentChip();
    this.sends = h("p", { class: "sends", hidden: true });
    this.shadowRoot.append(h("div", { class: "style-row" }, this.opener, this.chip, this.stem.element), this.sends, this.popover_, h("slot"));
    this.show();
  }

  connected() {
    this.stem.follow(this);
    this.listen(styles, "worn", () => this.show());
    this.listen(document, "atelier:form", () => this.tell());
  }

  choose(preset) {
    this.popover_.hidePopover();
    wear(preset);
    say(t("presets.worn", { name: nameOf(preset) }));
    document.querySelector("#prompt textarea")?.focus({ preventScroll: true });
  }

  show() {
    const preset = worn();
    this.opener.replaceChildren(icon("brush"), h("span", {}, preset ? t("presets.change") : t("presets.style")), icon("down"));
    this.chip.hidden = !preset;
    if (preset) {
      const off = () => { wear(null); this.opener.focus(); };
      this.chip.replaceChildren(h("span", {}, nameOf(preset)), button({ kind: "round tiny", label: t("presets.off", { name: nameOf(preset) }), press: off }, icon("close")));
    }
    this.tell();
  }

  /** Say what is sent, before it is. */
  tell() {
    const template = worn()?.parameters.template;
    this.sends.hidden = !template;
    if (template) this.sends.replaceChildren(h("span", {}, t("presets.sends")), " ", around(values().prompt.trim() || "…"));
  }

  async toggled({ newState }) {
    const open = newState === "open";
    this.opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.place();
    const list = await (this.list ??= this.makeList());
    if (this.popover_.matches(":popover-open")) list.open();
  }

  /** Put the list into its place; it is loaded when it is first opened. */
  async makeList() {
    const { StyleList } = await import("./style_list.js");
    const list = new StyleList({ chosen: (preset) => this.choose(preset), leave: () => this.popover_.hidePopover() });
    this.popover_.replaceChildren(list.element);
    return list;
  }

  /** Under the button where there is room, else above it; as wide as a phone where that is narrow. */
  place() {
    const { left, top, bottom } = this.opener.getBoundingClientRect();
    const below = innerHeight - bottom - MARGIN * 2 >= top - MARGIN * 2;
    const room = below ? innerHeight - bottom - MARGIN * 2 : top - MARGIN * 2;
    Object.entries({
      left: `${Math.max(MARGIN, Math.min(left, innerWidth - WIDTH - MARGIN))}px`,
      top: below ? `${bottom + 6}px` : "auto", bottom: below ? "auto" : `${innerHeight - top + 6}px`,
      "max-height": `${Math.min(480, room)}px`,
    }).forEach(([name, value]) => this.popover_.style.setProperty(name, value));
  }
}
