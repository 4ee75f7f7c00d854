/* What becomes of a picture that is dropped or pasted: on the panel for pictures it is drawn from, on the pad or the panel for
   shapes it is drawn by; elsewhere its settings are shown first, with the choice of drawing from it. */

/** Take `file`; `path` are the elements that it was laid on, the innermost first. */
export async function landed(file, path) {
  const on = (name) => path.find(({ localName }) => localName === name);
  if (path.some((one) => one.matches?.("dialog.masking") && one.querySelector("at-pad"))) return (await import("../edit/pad_dialog.js")).dropped(file);
  const shape = on("at-ways")?.shapeUnder(path);
  if (shape) return shape.take(file);
  if (on("at-source")) return (await import("../edit/arriving.js")).drawFrom(file);
  return (await import("./restore.js")).restoreFile(file);
}
