/** Drawings of 20 by 20, in the colour of the text around. */

import type { JSX } from "preact";

const PATHS = {
  upload: "M10 13V3.5M6 7l4-4 4 4M3.5 13v2a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5v-2",
  file: "M5 2.5h6.5L15.5 7v9a1.5 1.5 0 0 1-1.5 1.5H6A1.5 1.5 0 0 1 4.5 16V4A1.5 1.5 0 0 1 6 2.5M11.5 2.5V7h4",
  link: "M8.5 11.5l3-3M9 6l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5L13.5 10.5M11 14l-1.5 1.5A3.2 3.2 0 0 1 5 11l1.5-1.5",
  close: "M5 5l10 10M15 5L5 15",
  chevron: "M7.5 5l5 5-5 5",
  back: "M12.5 5l-5 5 5 5",
  copy: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  check: "M4 10.5l4 4 8-9",
  download: "M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13",
  alert: "M10 6.5v4.5M10 13.8v.2M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z",
  key: "M12.8 3a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M9.8 10.2L3 17M5.5 14.5l2 2",
  target: "M10 2.5V6M10 14v3.5M2.5 10H6M14 10h3.5M10 6a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  plus: "M10 4.5v11M4.5 10h11",
  minus: "M4.5 10h11",
  theme: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  boxes: "M3.5 3.5h13v5h-13zM3.5 11.5h5v5h-5zM11.5 11.5h5v5h-5z",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
