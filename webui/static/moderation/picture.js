/* A held image, blurred until a reviewer asks to see it. */
import { contentOf } from "../core/api.js";
import { h, icon } from "../core/dom.js";
import { t } from "../core/i18n.js";

/** Return a small blurred picture for the list. */
export function blurred(flag) {
  const image = h("img", { class: "blurred", alt: "", loading: "lazy", width: 52, height: 52, src: contentOf(flag.image_id, "thumb") });
  const frame = h("span", { class: "frame" }, image);
  image.addEventListener("error", () => frame.replaceChildren(icon("unseen")), { once: true });
  return frame;
}

/** Return the case's picture: the small one, blurred; `shown` puts the large one in its place. */
export function casePicture(flag) {
  const image = h("img", { class: "blurred", alt: t("moderation.blurred"), src: contentOf(flag.image_id, "thumb") });
  const show = (clear) => {
    image.classList.toggle("blurred", !clear);
    image.alt = t(clear ? "moderation.revealed" : "moderation.blurred");
    if (clear) image.src = contentOf(flag.image_id, "preview");
  };
  return { image, show };
}
