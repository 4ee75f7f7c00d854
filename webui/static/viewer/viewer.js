/* Opening the viewer, from any page, over any list of images. The viewer itself is loaded when it is first opened.

   A source is what one pages through: `items` ({ image, parameters, generation? }), and if there may be more
   of them, `more()`, which resolves once it has asked. */
import { api } from "../core/api.js";
import { whenIdle } from "../core/dom.js";
import { t } from "../core/i18n.js";
import { compareNewest, find, learn, newestFirst } from "../core/store.js";
import { toast } from "../overlay/toast.js";

/** Open the viewer on one image; arrows go through everything released that this page knows. */
export const openViewer = (_generation, image) => openOver({ items: shownImages() }, image.id);

/** Open the viewer on an image of this source. */
export async function openOver(source, imageId, stranger = null) {
  const { ViewerWindow } = await import("./window.js");
  return new ViewerWindow(source, imageId, stranger).open();
}

/** Load the viewer when nothing else is to be done: it will soon be wanted. */
export const warm = () => whenIdle().then(() => import("./window.js"));

/** Open the viewer on an image by id, as a permalink asks. */
export async function openViewerFor(imageId) {
  try {
    const { generation_id: id } = await api(`/images/${encodeURIComponent(imageId)}`);
    if (!find(id)) learn(await api(`/generations/${id}`));
    const image = find(id)?.images.find((one) => one.id === imageId && one.moderation === "released");
    if (!image) throw new Error(imageId);
    await openViewer(find(id), image);
  } catch {
    toast(t("viewer.missing"), "bad");
  }
}

function shownImages() {
  return newestFirst().sort(compareNewest).flatMap((generation) => generation.images
    .filter((image) => image.moderation === "released").map((image) => itemOf(generation, image)));
}

/** Return an image of a generation, with the settings that draw this one image again: its seed, and the words drawn for it. */
export function itemOf(generation, image) {
  const { prompt, negative_prompt } = generation.parameters;
  const template = image.words && { prompt, negative_prompt };
  return { image: { ...image, template }, generation, parameters: { ...generation.parameters, ...image.words, seed: image.seed, num_images: 1 } };
}
