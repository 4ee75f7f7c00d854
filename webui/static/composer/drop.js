/* A picture dropped anywhere on Create or pasted, and settings pasted as text: each leads to the same dialog. */
import { wear } from "../core/styles.js";
import { overlay } from "../overlay/overlay.js";
import { looksLikeSettings, restoreFile, restoreText } from "./restore.js";
import { hideVeil, showVeil } from "./veil.js";
import { values } from "./form.js";

/** Take what is dropped and pasted for as long as `host` is in the document. */
export function takePictures(host) {
  wear(overlay().shadowRoot, "restore");
  let own = false; // a drag that began here is none that brings a picture
  let depth = 0; // how many elements the pointer has entered and not left
  const over = (event) => !own && event.dataTransfer?.types.includes("Files");
  const leave = () => { depth = 0; hideVeil(); };
  const on = (type, heard) => host.listen(window, type, heard);
  on("dragstart", () => { own = true; });
  on("dragend", () => { own = false; });
  on("dragenter", (event) => { if (over(event)) { depth += 1; showVeil(); event.preventDefault(); } });
  on("dragleave", (event) => { if (over(event) && (depth -= 1) <= 0) leave(); });
  on("dragover", (event) => { if (over(event)) { event.dataTransfer.dropEffect = "copy"; event.preventDefault(); } });
  on("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    leave();
    const [file] = event.dataTransfer.files;
    if (file) restoreFile(file);
  });
  host.listen(document, "paste", pasted);
}

function pasted(event) {
  if (event.composedPath().includes(overlay())) return;
  const file = [...event.clipboardData?.files ?? []].find(({ type }) => type.startsWith("image/"));
  if (file) {
    event.preventDefault();
    restoreFile(file);
    return;
  }
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (wholePrompt(event.target) && looksLikeSettings(text)) restoreText(text, { ...values() });
}

/** Say whether the paste makes all of the prompt: it is empty, or selected from end to end. */
function wholePrompt(box) {
  return box instanceof Element && box.matches("#prompt textarea")
    && box.selectionStart === 0 && box.selectionEnd === box.value.length;
}
