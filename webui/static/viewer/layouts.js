/* How compared images lie: each puts its layers into the scene, and returns the frames that zoom and what one moves. */
import { h } from "../core/dom.js";
import { t } from "../core/i18n.js";

const HALF = 50;

export const LAYOUTS = { slider, side, overlay };

/** Both in one place, the first left of a line. */
function slider(scene, [first, second]) {
  const line = h("div", { class: "line", "aria-hidden": "true" });
  const frame = h("div", { class: "stage stacked" }, second, first, line);
  const control = range("compare.divide", (share) => frame.style.setProperty("--share", `${share}%`));
  line.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const box = frame.getBoundingClientRect();
    control.move(((event.clientX - box.x) / box.width) * 100);
  });
  scene.replaceChildren(frame);
  return { frames: [frame], control: control.element };
}

/** Each in a frame of its own; they zoom as one. */
function side(scene, layers) {
  const frames = layers.map((layer) => h("div", { class: "stage" }, layer));
  scene.replaceChildren(...frames);
  return { frames };
}

/** Both in one place, the second one as clear as one likes. */
function overlay(scene, [first, second]) {
  const frame = h("div", { class: "stage stacked over" }, first, second);
  const control = range("compare.opacity", (share) => frame.style.setProperty("--share", share / 100));
  scene.replaceChildren(frame);
  return { frames: [frame], control: control.element };
}

function range(word, moved) {
  const input = h("input", { type: "range", min: 0, max: 100, step: 1, value: HALF, "aria-label": t(word), oninput: () => moved(Number(input.value)) });
  const move = (share) => { input.value = share; moved(Number(input.value)); };
  moved(HALF);
  return { move, element: h("label", {}, h("span", {}, t(word)), input) };
}
