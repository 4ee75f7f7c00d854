/* The viewer of a guest: arrows, Escape, zoom, swipes. Without it the links lead to pages of one image each. */
const links = [...document.querySelectorAll(".tile a")];
const part = (id) => document.getElementById(id);
const viewer = part("viewer"), picture = part("picture"), words = part("words"), download = part("download");
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

links.forEach((link, at) => link.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  show(at);
  viewer.showModal();
}));
part("previous").addEventListener("click", () => show(place - 1));
part("next").addEventListener("click", () => show(place + 1));
part("close").addEventListener("click", () => viewer.close());
picture.addEventListener("click", () => zoom(!viewer.classList.contains("zoomed")));
viewer.addEventListener("close", () => links[place].focus());
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
for (const one of ["previous", "next"]) part(one).hidden = links.length < 2;
