/** Text as it is, cut where its blocks begin and end, so that a block can be found in it. */

import type { JSX } from "preact";
import type { Place } from "../markdown/places";
import type { Page } from "../reading/answer";
import { classes } from "./classes";
import type { TextProps } from "./page-text";

interface Piece {
  text: string;
  block: number | null;
}

const SHOWN_BASE64 = 32;

/** The Markdown of a page in pieces. */
export function markdownPieces(page: Page, places: readonly (Place | null)[]): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const found = places.flatMap((place, block) => (place === null ? [] : [{ ...place, block }]));
  for (const { from, to, block } of found.sort((a, b) => a.from - b.from)) {
    if (from < at) continue;
    if (from > at) pieces.push({ text: page.markdown.slice(at, from), block: null });
    pieces.push({ text: page.markdown.slice(from, to), block });
    at = to;
  }
  if (at < page.markdown.length) pieces.push({ text: page.markdown.slice(at), block: null });
  return pieces;
}

/** The JSON of a page in pieces; pictures are cut short. */
export function jsonPieces(page: Page): Piece[] {
  const images = Object.fromEntries(Object.entries(page.images).map(([name, base64]) => [name, shortened(base64)]));
  const { blocks, ...others } = { ...page, images, image: undefined };
  const [head = "", tail = ""] = JSON.stringify({ ...others, blocks: 0 }, null, 2).split('"blocks": 0');
  const pieces: Piece[] = [{ text: `${head}"blocks": [`, block: null }];
  blocks.forEach((block, place) => {
    pieces.push({ text: place === 0 ? "\n    " : ",\n    ", block: null });
    pieces.push({ text: JSON.stringify(block, null, 2).replaceAll("\n", "\n    "), block: place });
  });
  pieces.push({ text: `${blocks.length > 0 ? "\n  " : ""}]${tail}`, block: null });
  return pieces;
}

type Props = { pieces: Piece[] } & Pick<TextProps, "selection" | "hovered" | "onSelect" | "onHover">;

export function Pieces({ pieces, selection, hovered, onSelect, onHover }: Props): JSX.Element {
  return (
    <pre class="pieces">
      {pieces.map(({ text, block }, place) =>
        block === null ? (
          text
        ) : (
          <span
            key={place}
            data-blocks={block}
            tabIndex={-1}
            class={classes("piece", { "is-selected": selection?.block === block, "is-hovered": hovered === block })}
            onClick={() => onSelect(block, false)}
            onMouseEnter={() => onHover(block)}
            onMouseLeave={() => onHover(null)}
          >
            {text}
          </span>
        ),
      )}
    </pre>
  );
}

function shortened(base64: string): string {
  return base64.length > SHOWN_BASE64 ? `${base64.slice(0, SHOWN_BASE64)}… (${base64.length})` : base64;
}
