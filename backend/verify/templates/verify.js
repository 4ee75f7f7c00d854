/* Drop, paste or choose a picture: it is sent as the form would send it, and the answer comes without a reload. */
const part = (id) => document.getElementById(id);
const form = part("form"), file = part("file"), drop = part("drop"), answer = part("answer");
const progress = part("progress"), status = part("status");
const THUMB = 192;
let asking = null;

function say(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

function busy(on) {
  form.classList.toggle("busy", on);
  form.setAttribute("aria-busy", on);
  progress.hidden = !on;
  progress.value = 0;
}

async function thumb(picture) {
  const drawn = await createImageBitmap(picture).catch(() => null);
  if (!drawn) return null;
  const canvas = document.createElement("canvas"), scale = Math.min(1, THUMB / Math.max(drawn.width, drawn.height));
  canvas.width = Math.max(1, drawn.width * scale);
  canvas.height = Math.max(1, drawn.height * scale);
  canvas.getContext("2d").drawImage(drawn, 0, 0, canvas.width, canvas.height);
  canvas.setAttribute("aria-hidden", "true");
  drawn.close();
  return canvas;
}

async function show({ responseText: html }, picture) {
  const card = new DOMParser().parseFromString(html, "text/html").querySelector(".card");
  if (!card) {
    say(form.dataset.broken, true);
    return;
  }
  const request = asking, small = await thumb(picture);
  if (request !== asking) return; // somebody chose the next one meanwhile
  answer.replaceChildren(document.adoptNode(card));
  if (small) answer.querySelector(".thumb")?.append(small);
  drop.querySelector("label").textContent = form.dataset.again;
  say("");
  const head = answer.querySelector("h2");
  document.title = `${head.textContent} · ${form.dataset.title}`;
  head.focus();
  answer.scrollIntoView({ block: "nearest" });
}

function send(picture) {
  asking?.abort();
  answer.replaceChildren();
  if (picture.size > Number(form.dataset.most)) {
    say(form.dataset.large, true);
    return;
  }
  const request = asking = new XMLHttpRequest(), body = new FormData();
  body.append("file", picture, "picture");
  request.upload.onprogress = (event) => { progress.value = event.loaded / event.total; };
  request.upload.onload = () => { say(form.dataset.looking); progress.removeAttribute("value"); };
  request.onload = () => { busy(false); show(request, picture); };
  request.onerror = () => { busy(false); say(form.dataset.broken, true); };
  request.open("POST", `${form.action}&part=answer`);
  busy(true);
  say(form.dataset.sending);
  request.send(body);
}

function first(files) {
  const picture = files?.[0];
  if (picture) send(picture);
  return Boolean(picture);
}

document.documentElement.classList.add("live");
file.addEventListener("change", () => { first(file.files); file.value = ""; });
addEventListener("paste", (event) => { if (first(event.clipboardData?.files)) event.preventDefault(); });
addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); first(event.dataTransfer?.files); });
