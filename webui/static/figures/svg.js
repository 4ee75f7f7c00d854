/* Building the nodes of a drawing; text only ever becomes a text node. */
const SVG = "http://www.w3.org/2000/svg";

/** Return a new SVG element with these attributes; null leaves one out. */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, String(value));
  element.append(...children.flat());
  return element;
}
