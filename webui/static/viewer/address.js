/* Which image is open, in the page's address, so that a reload opens it again. */
const SHOWS_IMAGES = ["/history", "/library", "/galleries"];

/** Return this page's address with ?image=, or without. */
export function addressOf(image) {
  const query = new URLSearchParams(location.search);
  if (image && SHOWS_IMAGES.includes(location.pathname)) query.set("image", image.id);
  else query.delete("image");
  const text = query.toString();
  return location.pathname + (text ? `?${text}` : "");
}
