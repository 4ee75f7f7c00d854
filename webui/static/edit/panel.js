/* The panel about the picture that is drawn over: which one, how much of it stays, how it is fitted, what of it is drawn anew. */
import { api } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { wear } from "../core/styles.js";
import { say } from "../overlay/toast.js";
import { bring, whyNot } from "./bring.js";
import { Drop } from "./drop.js";
import { canvasFor, NO_MARGINS } from "./geometry.js";
import { Margins } from "./margins.js";
import { Larger } from "./larger.js";
import { Preview } from "./preview.js";
import { segments, strengthRow } from "./rows.js";
import { edit, editNow, setEdit, setPicture } from "./state.js";

const FITS = ["crop", "pad", "stretch"];

/** Return the panel, in the place that the line on Create keeps for it. */
export async function makePanel(host) {
  await wear(host.shadowRoot, "edit");
  const [offer] = await api("/models").catch(() => []);
  return new Panel(host, offer);
}

class Panel {
  constructor(host, offer) {
    Object.assign(this, { host, offer });
    this.drop = new Drop((file) => this.take(file), () => this.open(false));
    this.preview = new Preview(() => setPicture(null));
    this.strength = strengthRow((strength) => setEdit({ strength }));
    this.fit = segments("edit.fit", FITS.map((fit) => [fit, t(`edit.fit.${fit}`)]), (fit) => setEdit({ fit }));
    this.sized = segments("edit.sized", ["picture", "form"].map((one) => [one, t(`edit.sized.${one}`)]), (sized) => setEdit({ sized }));
    this.margins = new Margins((outpaint) => setEdit({ outpaint, sized: "picture" }));
    this.mask = h("div", { class: "painted" });
    this.larger = new Larger();
    this.about = h("div", { class: "about" }, this.preview.element, this.larger.element, this.strength.element, this.sized.element, this.fit.element, this.mask, this.margins.element);
    host.place.replaceChildren(this.element = h("section", { class: "panel", "aria-label": t("edit.panel"), hidden: true }, this.drop.element, this.about));
    host.listen(edit, "changed", () => this.show());
    host.listen(document, "atelier:form", () => { if (editNow().sized === "form") this.show(); });
    host.listen(document, "change", ({ target }) => { if (target.closest?.("#ratio") && editNow().init) setEdit({ sized: "form", outpaint: null }); });
    this.show();
  }

  focus() {
    (editNow().init ? this.strength.input : this.drop.chooser).focus();
  }

  /** Show the panel in the place of its line, or put it away again. */
  open(on) {
    const { opener, shadowRoot } = this.host;
    if (opener.hidden === on) return;
    const inside = this.element.contains(shadowRoot.activeElement);
    this.element.hidden = !on;
    opener.hidden = on;
    opener.setAttribute("aria-expanded", String(on));
    if (inside) opener.focus();
    else if (on && !editNow().init) this.drop.chooser.focus();
  }

  /** Bring a file and draw from it; until it is there, what was drawn from stays. */
  async take(file) {
    this.drop.element.hidden = false;
    try {
      const init = await this.drop.during((moved, signal) => bring(file, moved, signal));
      setPicture(init);
      say(t("edit.ready"));
    } catch (error) {
      if (error.name !== "AbortError") this.drop.wrong(whyNot(error));
    }
  }

  show() {
    const now = editNow();
    document.getElementById("ratio")?.classList.toggle("unused", Boolean(now.init) && (Boolean(now.upscale) || now.sized === "picture"));
    if (this.had && !now.init) this.open(false);
    this.had = Boolean(now.init);
    this.about.hidden = !now.init;
    this.drop.element.hidden = Boolean(now.init);
    if (!now.init) return;
    const parts = [this.sized, this.fit, this.margins].map(({ element }) => element);
    for (const part of [...parts, this.mask]) part.hidden = Boolean(now.upscale);
    this.strength.element.hidden = now.upscale?.method === "resample";
    this.larger.show(now);
    const canvas = this.offer && canvasFor(now.init, now.outpaint ?? NO_MARGINS, this.offer);
    if (canvas && now.sized === "picture" && this.settle(now, canvas)) return;
    this.strength.show(now.strength);
    this.fit.show(now.fit);
    this.sized.show(now.sized);
    this.margins.show(now.outpaint ?? NO_MARGINS, canvas, this.offer);
    const shapes = this.preview.show(now, canvas);
    this.fit.element.hidden = Boolean(now.upscale) || !shapes;
    this.showMask(now);
  }

  /** Keep what is drawn in step with the picture; returns whether it was not, and `show` is called anew. */
  settle({ size, outpaint }, { width, height, margins }) {
    const same = size?.width === width && size?.height === height;
    const cut = outpaint && JSON.stringify(outpaint) !== JSON.stringify(margins);
    if (!same || cut) setEdit({ size: { width, height }, ...(cut && { outpaint: margins }) });
    return !same || cut;
  }

  showMask({ mask }) {
    const kind = `${mask}`;
    if (this.mask.dataset.kind === kind) return;
    this.mask.dataset.kind = kind;
    this.painter = button({ press: () => this.paint() }, icon("brush"), h("span", {}, t(mask ? "edit.mask.change" : "edit.mask.paint")));
    this.mask.replaceChildren(this.painter,
      ...(mask ? [button({ kind: "round", label: t("edit.mask.off"), press: () => { setEdit({ mask: null }); this.painter.focus(); } }, icon("close"))] : []),
      h("small", {}, t(mask ? "edit.mask.on.hint" : "edit.mask.hint")));
  }

  /** Open the editor of what is drawn anew. */
  async paint() {
    const { openMask } = await import("./mask_dialog.js");
    await openMask(() => this.painter.focus());
  }
}
