/* One axis in the dialog: which setting, and its values, typed or ticked; what is wrong with them stands below. */
import { button, h, icon } from "../core/dom.js";
import { checks } from "../core/form.js";
import { t } from "../core/i18n.js";
import { markStopped } from "../core/stopped.js";
import { SETTINGS, settingName, valueName } from "./labels.js";
import { readValues, writeValues } from "./values.js";

export class Axis {
  /** `name` is x, y or z; `offered` the settings to choose from; `optional`: there may be none; `changed` is called. */
  constructor({ name, legend, offered, models, optional = false, setting, text = "", changed }) {
    Object.assign(this, { name, models, changed });
    this.texts = new Map([[setting, text]]);
    this.select = h("select", { "aria-label": t("grids.setting_of", { axis: legend }), onchange: () => { this.choose(); changed(); } },
      optional && h("option", { value: "" }, t("grids.none")),
      offered.map((one) => h("option", { value: one, selected: one === setting }, settingName(one))));
    this.place = h("div", { class: "values" });
    this.problem = h("div", { class: "wrong", role: "alert", id: `grid-${name}-problem` });
    this.element = h("fieldset", { class: "axis" }, h("legend", {}, legend), this.select, this.place, this.problem);
    this.legend = legend;
    this.choose();
  }

  get setting() {
    return this.select.value;
  }

  /** Lay out the way in which this setting's values are given. */
  choose() {
    const { setting } = this;
    this.boxes = null;
    this.input = null;
    this.place.replaceChildren(...(setting ? this.control(setting) : []));
    this.marked();
  }

  /** Show which models are stopped now. */
  marked() {
    if (this.setting === "model") markStopped(this.boxes);
  }

  control(setting) {
    const told = { "aria-describedby": `grid-${this.name}-hint ${this.problem.id}` };
    const hint = h("small", { id: `grid-${this.name}-hint` }, t(`grids.hint.${setting}`));
    const choices = setting === "model" ? this.models : SETTINGS[setting].choices;
    if (choices) {
      this.boxes = choices.map((value) => h("input", { type: "checkbox", value, onchange: () => this.changed() }));
      return [h("div", { role: "group", "aria-label": this.valuesName(), ...told }, checks(this.boxes, (value) => valueName(setting, value))), hint];
    }
    this.input = h("input", { type: "text", maxlength: 4000, autocomplete: "off", spellcheck: "false", "aria-label": this.valuesName(), ...told,
      value: this.texts.get(setting) ?? "", oninput: () => { this.texts.set(setting, this.input.value); this.changed(); } });
    return [this.input, hint];
  }

  valuesName() {
    return t("grids.values_of", { axis: this.legend });
  }

  /** Return the axis as the API takes it, or null for none. */
  read() {
    if (!this.setting) return null;
    const values = this.boxes ? this.boxes.filter((box) => box.checked && !box.disabled).map((box) => box.value) : readValues(this.input.value, SETTINGS[this.setting]);
    return { setting: this.setting, values };
  }

  /** Say what is wrong, with a good value one press away where there is one. */
  wrong({ field, message, nearest }) {
    const place = Number(field.split(".")[2]);
    const usable = this.input && Number.isInteger(place) && nearest !== null && nearest !== undefined;
    const use = () => { this.put(place, nearest); this.changed(); this.input.focus(); };
    this.problem.append(h("p", {}, icon("warning"), h("span", {}, message.charAt(0).toUpperCase() + message.slice(1)),
      usable && button({ kind: "button small", press: use }, t("action.use", { value: nearest }))));
    this.focused.setAttribute("aria-invalid", "true");
  }

  forget() {
    this.problem.replaceChildren();
    this.focused.removeAttribute("aria-invalid");
  }

  put(place, value) {
    this.input.value = writeValues(this.read().values.map((one, at) => (at === place ? value : one)));
    this.texts.set(this.setting, this.input.value);
  }

  get focused() {
    return this.input ?? this.boxes?.find((box) => !box.disabled) ?? this.select;
  }
}
