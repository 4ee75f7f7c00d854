/* The good value that the API named for a field, taken into the form. Loaded when one is pressed. */
import { editNow, setEdit } from "../edit/state.js";
import { fill } from "./form.js";
import { setOrigin } from "./origin.js";

/** Take `value`, which is good for what the API calls `field` and what stands at `place` of the form. */
export function take(place, field, value) {
  if (["gallery", "parent"].includes(place)) setOrigin({ [place]: null });
  else if (["picture", "shape", "variation"].includes(place)) setEdit(changeOf(field, value));
  else fill({ [place]: value });
}

/** Return the change of what is drawn over; a field may be a part of one, such as `outpaint.left`, or of the shape, `control.0.name`. */
function changeOf(field, value) {
  const [name, part, own] = field.split(".");
  if (own) return { shape: { ...editNow().shape, [own]: value } };
  return { [name]: part ? { ...editNow()[name], [part]: value } : value };
}
