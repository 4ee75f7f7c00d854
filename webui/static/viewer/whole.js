/* All pixels of the picture in the viewer, in the place of its preview. Of a large one they are read once somebody looks
   closer: that takes a while, and until then fewer do. */
import { contentOf } from "../core/api.js";
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

const LARGE = 2048 * 2048;

export class Whole {
  /** `picture` is the element that shows them. */
  constructor(picture) {
    this.picture = picture;
    this.element = h("p", { class: "px", role: "status" });
  }

  /** Show an image's preview, which is there already, and the rest of it when it has come. */
  show(image) {
    Object.assign(this, { image, large: image.width * image.height > LARGE, asked: false });
    this.picture.src = contentOf(image.id, "preview");
    this.picture.dataset.width = image.width;
    this.tell("");
    if (!this.large) this.load();
  }

  /** Somebody looks closer. */
  closer() {
    if (!this.asked) this.load();
  }

  async load() {
    const { image } = this;
    this.asked = true;
    this.tell(".coming");
    const full = new Image();
    full.src = contentOf(image.id, "full");
    // Read apart from the page, which goes on meanwhile.
    const read = await full.decode().then(() => true, () => false);
    if (this.image !== image) return;
    if (read) this.picture.src = full.src;
    this.tell(read ? ".whole" : ".broken");
  }

  tell(how) {
    this.element.textContent = this.large ? t(`viewer.large${how}`, this.image) : "";
  }
}
