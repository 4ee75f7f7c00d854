/* The viewer of a guest: arrows, Escape, zoom, swipes. Without it the links lead to pages of one image each. */
const part = (id) => document.getElementById(id);
const viewer = part("viewer"), picture = part("picture"), words = part("words"), download = part("download");
let links = [...document.querySelectorAll(".tile a")];
let place = 0;

function show(at) {
  place = (at + links.length) % links.length;
  const { image, prompt, download: file } = links[place].dataset;
  zoom(false);
  picture.src = image;
  picture.alt = links[place].querySelector("img").alt;
  words.textContent = prompt ?? "";
  download.hidden = !file;
  if (file) download.href = file;
}

function zoom(on) {
  viewer.classList.toggle("zoomed", on);
}

for (const link of links) link.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  show(links.indexOf(link));
  viewer.showModal();
});
part("previous").addEventListener("click", () => show(place - 1));
part("next").addEventListener("click", () => show(place + 1));
part("close").addEventListener("click", () => viewer.close());
picture.addEventListener("click", () => zoom(!viewer.classList.contains("zoomed")));
viewer.addEventListener("close", () => { picture.removeAttribute("src"); links[place]?.focus(); });
viewer.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") show(place + 1);
  else if (event.key === "ArrowLeft") show(place - 1);
  else if (event.key.toLowerCase() === "z") zoom(!viewer.classList.contains("zoomed"));
});
let from = null;
viewer.addEventListener("touchstart", (event) => { from = event.touches.length === 1 ? event.touches[0].clientX : null; }, { passive: true });
viewer.addEventListener("touchend", (event) => {
  const moved = from === null ? 0 : event.changedTouches[0].clientX - from;
  if (Math.abs(moved) > 60 && !viewer.classList.contains("zoomed")) show(place + (moved < 0 ? 1 : -1));
});
const arrows = () => { for (const one of ["previous", "next"]) part(one).hidden = links.length < 2; };
arrows();

/* Some images are shown no more: whoever looked at one of them sees the next one. */
document.addEventListener("lost", ({ detail: lost }) => {
  const looked = links[place];
  const count = part("count");
  const left = Math.max(0, count.dataset.count - lost);
  links = links.filter((link) => link.isConnected);
  count.dataset.count = left;
  count.textContent = `${left} ${left === 1 ? "image" : "images"}`;
  part("none").hidden = links.length > 0;
  arrows();
  if (!viewer.open || links.includes(looked)) place = Math.max(0, links.indexOf(looked));
  else if (links.length) show(Math.min(place, links.length - 1));
  else viewer.close();
});
