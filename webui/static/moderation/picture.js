/* A held image: soft colours that the studio makes of it, until a reviewer asks for the picture itself, which is written down. */
import { contentOf } from "../core/api.js";
import { button, h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { unseal } from "./acts.js";

const softOf = (id) => `/api/v1/moderation/flags/${id}/blurred`;
const GREY = "atelier.review.grey";

/** Return a small blurred picture for the list; of what is sealed or gone, a sign. */
export function blurred({ id, sealed, purged }) {
  if (sealed || purged) return h("span", { class: "frame" }, icon(sealed ? "lock" : "unseen"));
  const image = h("img", { alt: "", loading: "lazy", width: 52, height: 52, src: softOf(id) });
  const frame = h("span", { class: "frame" }, image);
  image.addEventListener("error", () => frame.replaceChildren(icon("unseen")), { once: true });
  return frame;
}

/** The picture of the case that is open. `revealing` is called before its bytes are asked for. */
export class Peek {
  constructor(flag, revealing) {
    Object.assign(this, { flag, revealing, clear: false, sure: false });
    this.space = h("div", { class: "shown" });
    this.eye = button({ kind: "button small eye", press: () => this.toggle() });
    this.grey = button({ kind: "button small grey", "aria-pressed": String(Boolean(localStorage.getItem(GREY))), press: () => this.drain() }, t("moderation.grey"));
    this.element = h("div", { class: "peek" }, this.space, !flag.purged && h("div", { class: "controls" }, this.eye, this.grey));
    this.lay();
  }

  /** Show or hide; a sealed image asks once more. */
  toggle() {
    if (this.clear) this.hide();
    else this.show();
  }

  show() {
    if (this.flag.purged || this.clear) return;
    if (this.flag.sealed && !this.sure) {
      this.sure = true;
      return void this.lay();
    }
    this.clear = true;
    this.revealing();
    this.lay();
  }

  hide() {
    this.clear = this.sure = false;
    this.lay();
  }

  drain() {
    const grey = this.grey.getAttribute("aria-pressed") !== "true";
    this.grey.setAttribute("aria-pressed", String(grey));
    if (grey) localStorage.setItem(GREY, "1");
    else localStorage.removeItem(GREY);
  }

  lay() {
    const { clear, flag } = this;
    this.space.replaceChildren(clear ? this.picture() : this.veil());
    this.element.classList.toggle("sure", this.sure && !clear);
    const word = clear ? "hide" : flag.sealed ? (this.sure ? "reveal.really" : "reveal.sealed") : "reveal";
    this.eye.replaceChildren(icon(clear ? "unseen" : flag.sealed && !this.sure ? "lock" : "eye"), t(`moderation.${word}`));
    this.eye.title = t(clear ? "moderation.hide.hint" : "moderation.reveal.hint");
  }

  picture() {
    const image = h("img", { alt: t("moderation.revealed") });
    const broken = () => image.replaceWith(sign("unseen", t("viewer.broken")));
    image.addEventListener("error", broken, { once: true });
    this.address().then((src) => { image.src = src; }, broken);
    return image;
  }

  /** Return where the picture is; the studio gives away a sealed one only to whoever asked. */
  async address() {
    const { id, image_id, sealed } = this.flag;
    const plain = contentOf(image_id, "preview");
    return sealed ? `${plain}&reveal=${encodeURIComponent(await unseal(id))}` : plain;
  }

  veil() {
    const { flag } = this;
    if (flag.purged) return sign("trash", t("moderation.purged"));
    if (flag.sealed) return sign("lock", t(this.sure ? "moderation.sealed.sure" : "moderation.sealed"));
    const image = h("img", { class: "blurred", alt: t("moderation.blurred"), src: softOf(flag.id) });
    image.addEventListener("error", () => image.replaceWith(sign("unseen", t("moderation.blurred"))), { once: true });
    return image;
  }
}

const sign = (picture, text) => h("div", { class: "sign" }, icon(picture), h("p", {}, text));
