/* A gallery in one picture: up to four of its images. */
import { contentOf } from "../core/api.js";
import { h, icon } from "../core/dom.js";

/** Return up to four images as one; what cannot be loaded leaves its place empty. */
export function mosaic(ids) {
  const picture = (id) => {
    const image = h("img", { alt: "", loading: "lazy", decoding: "async", src: contentOf(id, ids.length === 1 ? "preview" : "thumb") });
    image.addEventListener("error", () => { image.style.visibility = "hidden"; }, { once: true });
    return image;
  };
  return h("div", { class: "mosaic", "data-count": ids.length }, ids.length ? ids.map(picture) : icon("gallery"));
}
