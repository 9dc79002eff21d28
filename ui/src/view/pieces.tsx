/** Text as it is, cut where its blocks begin and end, so that a block can be found in it. */

import type { JSX } from "preact";
import type { Place } from "../markdown/places";
import type { Page } from "../reading/answer";
import { classes } from "./classes";
import type { TextProps } from "./page-text";
import { moveFocus } from "./roving";

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
  const linked = pieces.flatMap(({ block }) => (block === null ? [] : [block]));
  const stop = [hovered, selection?.block].find((block) => block != null && linked.includes(block)) ?? linked[0];
  const press = (event: KeyboardEvent, block: number): void => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    onSelect(block, true);
  };
  return (
    <pre class="pieces" onKeyDown={(event) => moveFocus(event, ".piece")}>
      {pieces.map(({ text, block }, place) =>
        block === null ? (
          text
        ) : (
          <span
            key={place}
            data-blocks={block}
            role="button"
            tabIndex={block === stop ? 0 : -1}
            aria-current={selection?.block === block ? "true" : undefined}
            class={classes("piece", { "is-selected": selection?.block === block, "is-hovered": hovered === block })}
            onClick={() => onSelect(block, false)}
            onKeyDown={(event) => press(event, block)}
            onFocus={() => onHover(block)}
            onBlur={() => onHover(null)}
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
