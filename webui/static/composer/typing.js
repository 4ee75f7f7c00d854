/* Changes a text box as a person typing would: Gradio hears of it, and Ctrl+Z takes it back. */

/** Put `insert` in the place of what stands between `from` and `to`, and select from `start` to `end`. */
export function replace(box, { from, to, insert, start, end }) {
  box.focus({ preventScroll: true });
  box.setSelectionRange(from, to);
  // Deprecated, and the only way into a browser's own history of changes.
  const done = insert ? document.execCommand("insertText", false, insert) : document.execCommand("delete");
  if (!done) {
    box.setRangeText(insert, from, to);
    box.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: insert }));
  }
  box.setSelectionRange(start, end);
}
