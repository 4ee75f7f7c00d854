/* The dialog that asks which settings to compare: up to three axes, what it costs, and the comparisons made before. */
import { ApiError, api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { credits } from "../core/format.js";
import { t } from "../core/i18n.js";
import { followStops, stopLines } from "../core/stopped.js";
import { wear } from "../core/styles.js";
import { openDialog } from "../overlay/dialog.js";
import { overlay } from "../overlay/overlay.js";
import { toast } from "../overlay/toast.js";
import { Axis } from "./axis.js";
import { baseOf } from "./base.js";
import { SETTINGS, summaryOf } from "./labels.js";
import { showGrid } from "./view.js";

const PAUSE_MS = 300;
const LAST = 5;

/** Open the dialog for what stands in the form. */
export async function openCompare() {
  const [models] = await Promise.all([api("/models"), wear(overlay().shadowRoot, "grids")]);
  new Compare(models).open();
}

class Compare {
  constructor(models) {
    this.base = baseOf(models[0]);
    this.usual = models[0].name;
    this.stops = h("div", { class: "stopped-models", role: "status" });
    const offered = Object.keys(SETTINGS).filter((one) => (one !== "model" || models.length > 1) && (one !== "strength" || this.base.init_image));
    const axis = (more) => new Axis({ offered, models: models.map(({ name }) => name), changed: () => this.changed(), ...more });
    this.axes = [
      axis({ name: "x", legend: t("grids.columns"), setting: "num_inference_steps", text: usualSteps(this.base) }),
      axis({ name: "y", legend: t("grids.rows"), setting: "", optional: true }),
      axis({ name: "z", legend: t("grids.sheets"), setting: "", optional: true }),
    ];
    this.summary = h("p", { class: "summary", role: "status" });
    this.trouble = h("div", { class: "wrong", role: "alert" });
    this.submit = h("button", { class: "button primary", type: "submit" }, t("grids.draw.none"));
    this.last = h("section", { class: "last", hidden: true });
  }

  open() {
    this.dialog = openDialog({ title: t("grids.compare"), kind: "dialog compare" },
      h("p", { class: "of" }, this.base.prompt.trim() ? t("grids.of", { prompt: this.base.prompt.trim() }) : t("grids.no_prompt")),
      h("form", { novalidate: true, "aria-label": t("grids.compare"), onsubmit: (event) => { event.preventDefault(); this.press(); } },
        this.axes.map((axis) => axis.element), this.stops, this.trouble,
        h("div", { class: "end" }, this.summary, this.submit)),
      this.last);
    this.axes[0].focused.focus();
    followStops(this.dialog, () => { this.axes.forEach((axis) => axis.marked()); this.changed(); });
    this.dialog.addEventListener("close", () => clearTimeout(this.timer));
    this.ask();
    this.list();
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE_MS);
  }

  /** Return what is to be drawn, or null while something is missing. */
  wanted() {
    const [x, y, z] = this.axes.map((axis) => axis.read());
    const empty = [x, y, z].some((axis) => axis && !axis.values.length);
    const lines = [x, y, z].some((axis) => axis?.setting === "model") ? [] : stopLines([this.usual]);
    this.stops.replaceChildren(...lines);
    return empty || lines.length || !this.base.prompt.trim() ? null : { base: this.base, x, y, z };
  }

  /** Say how many images that is and what they cost, or what is wrong. */
  async ask() {
    const wanted = this.wanted();
    const turn = this.turn = Symbol("turn");
    if (!wanted) return this.priced(null);
    try {
      const price = await api("/grids?dry_run=true", { method: "POST", json: wanted });
      if (turn === this.turn) this.priced(price);
    } catch (error) {
      if (turn === this.turn) this.refused(error);
    }
  }

  priced(price) {
    this.forget();
    this.submit.disabled = !price;
    this.submit.textContent = price ? t(price.total === 1 ? "grids.draw.one" : "grids.draw", { count: price.total }) : t("grids.draw.none");
    const beyond = price && price.remaining !== null && price.credits > price.remaining;
    this.summary.classList.toggle("beyond", Boolean(beyond));
    this.summary.textContent = price ? sentence(price, beyond) : this.base.prompt.trim() ? t("grids.empty") : t("grids.no_prompt");
  }

  refused(error) {
    this.priced(null);
    this.summary.textContent = "";
    if (!(error instanceof ApiError)) return this.general(t("trouble.offline"));
    const placed = error.fields.map((problem) => [this.axes.find(({ name }) => problem.field.startsWith(`${name}.`)), problem]);
    placed.forEach(([axis, problem]) => axis?.wrong(problem));
    if (!placed.some(([axis]) => axis) && error.status !== 401) this.general(error.message);
  }

  general(text) {
    this.trouble.replaceChildren(h("p", {}, icon("warning"), h("span", {}, text)));
  }

  forget() {
    this.trouble.replaceChildren();
    this.axes.forEach((axis) => axis.forget());
  }

  async press() {
    const wanted = this.wanted();
    if (!wanted) return this.priced(null);
    clearTimeout(this.timer);
    this.turn = null;
    this.submit.disabled = true;
    try {
      const grid = await api("/grids", { method: "POST", json: wanted, headers: { "idempotency-key": (this.key ??= crypto.randomUUID()) } });
      this.dialog.close();
      showGrid(grid);
    } catch (error) {
      if (error instanceof ApiError) this.key = null; // else nobody knows whether it was accepted: the same key again
      this.refused(error);
      this.submit.disabled = false;
      this.axes.find(({ problem }) => problem.children.length)?.focused.focus();
    }
  }

  /** Show the comparisons made before, if there are any. */
  async list() {
    const { items } = await api(`/grids?limit=${LAST}`).catch(() => ({ items: [] }));
    this.last.hidden = !items.length;
    this.last.replaceChildren(h("h3", {}, t("grids.last")), h("ul", {}, items.map((grid) => h("li", {},
      button({ kind: "earlier", press: () => this.reopen(grid.id) }, h("b", {}, grid.parameters.prompt), h("small", {}, summaryOf(grid)))))));
  }

  async reopen(id) {
    try {
      const grid = await api(`/grids/${id}`);
      this.dialog.close();
      showGrid(grid);
    } catch (error) {
      toast(error instanceof ApiError ? error.message : t("trouble.offline"), "bad");
    }
  }
}

function sentence({ columns, rows, sheets, total, known, credits: cost, remaining }, beyond) {
  const values = { across: [columns, rows, sheets].filter((count) => count > 1).join(" × "), total, credits: credits(cost), left: credits(remaining ?? 0) };
  const key = total === 1 ? "grids.price.one" : String(total) === values.across ? "grids.price.row" : "grids.price";
  return [t(key, values), known > 0 && t("grids.price.known", { count: known }), beyond && t("grids.price.beyond", values)].filter(Boolean).join(" ");
}

/** Return three numbers of steps around the form's own, as a beginning. */
const usualSteps = ({ num_inference_steps: steps }) => [...new Set([Math.max(1, Math.round(steps / 2)), steps, Math.min(100, steps * 2)])].join(", ");
