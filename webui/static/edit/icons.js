/* The icons of what is drawn over pictures and by hand, which come with it. */
import { PATHS } from "../core/icons.js";

Object.assign(PATHS, {
  eraser: "M9 20h11M14.5 4.5l5 5-9 9H7l-3.5-3.5zM9.5 9.5l5 5",
  rect: "M5 5h3M11 5h3M17 5h2v2M19 10v3M19 16v3h-3M13 19h-3M7 19H5v-3M5 13v-3M5 7V5",
  lasso: "M12 4c5 0 8.5 2.3 8.5 5.5S17 15 12 15c-1.4 0-2.7-.2-3.8-.5M12 4C7 4 3.5 6.3 3.5 9.5c0 1.7 1 3.2 2.7 4.2M6.5 13.5a1.8 1.8 0 1 0 .01 0zM6.5 17c0 1.5-.8 2.5-2 3.5",
  undo: "M4 9h10.5a5.5 5.5 0 0 1 0 11H9M8 4.5L3.5 9 8 13.5",
  redo: "M20 9H9.5a5.5 5.5 0 0 0 0 11H15M16 4.5L20.5 9 16 13.5",
  fill: "M5 5h14v14H5zM5 19L19 5M5 12l7-7M12 19l7-7",
  invert: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16M12 8h3M12 12h4M12 16h3",
  enlarge: "M4 14v6h6M20 10V4h-6M4 20l6.5-6.5M20 4l-6.5 6.5",
  bucket: "M5 12.5L12 5.5l7 7-6.5 6.5a1.5 1.5 0 0 1-2.1 0zM12 5.5L9.5 3M5.5 12.5h13M20.5 16.5c1 1.4 1.3 2.2 1.3 2.8a1.3 1.3 0 0 1-2.6 0c0-.6.3-1.4 1.3-2.8z",
  mirror: "M12 3v3M12 9v3M12 15v3M12 21v.5M9 6.5L3.5 17.5H9zM15 6.5l5.5 11H15z",
  outline: "M8.5 4c.8 2.2 6.2 2.2 7 0l3.5 2-1.5 4-2-.5L17 20H7l1.5-10.5-2 .5L5 6z",
  layers: "M12 4l8.5 4.5L12 13 3.5 8.5zM3.5 12.5L12 17l8.5-4.5M3.5 16.5L12 21l8.5-4.5",
  dot: "M12 7.5a4.5 4.5 0 1 0 .01 0z",
});
