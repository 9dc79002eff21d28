/** The Markdown of a page, drawn. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Place } from "../markdown/places";
import { segmentsOf, type Segment } from "../markdown/parser";
import { render } from "../markdown/render";
import type { Block } from "../reading/answer";
import { useWords } from "../words";
import { classes } from "./classes";
import { Icon } from "./icons";
import { nameOf } from "./page-image";
import type { TextProps } from "./page-text";
import { moveFocus } from "./roving";

export function Drawn({ page, places, pictures, selection, hovered, onSelect, onHover }: TextProps): JSX.Element {
  const words = useWords();
  const segments = useMemo(() => linked(page.markdown, places), [page, places]);
  if (segments.length === 0) return <p class="hint nothing">{words.nothing}</p>;
  const firstLinked = segments.findIndex(({ blocks }) => blocks.length > 0);
  const chosen = segments.findIndex(({ blocks }) => selection !== null && blocks.includes(selection.block));
  const stop = chosen === -1 ? firstLinked : chosen;
  return (
    <article class="markdown" onKeyDown={(event) => moveFocus(event, ".locate")}>
      {segments.map(({ segment, blocks }, place) => (
        <Part
          key={place}
          segment={segment}
          pictures={pictures}
          blocks={blocks}
          block={blocks[0] === undefined ? undefined : page.blocks[blocks[0]]}
          isStop={place === stop}
          isSelected={selection !== null && blocks.includes(selection.block)}
          isHovered={hovered !== null && blocks.includes(hovered)}
          onSelect={onSelect}
          onHover={onHover}
        />
      ))}
    </article>
  );
}

interface PartProps {
  segment: Segment;
  pictures: ReadonlyMap<string, string>;
  /** Places in the page's blocks of those that it holds. */
  blocks: number[];
  block: Block | undefined;
  isStop: boolean;
  isSelected: boolean;
  isHovered: boolean;
  onSelect(block: number, byKey: boolean): void;
  onHover(block: number | null): void;
}

function Part(props: PartProps): JSX.Element {
  const { segment, pictures, blocks, block, isStop, isSelected, isHovered, onSelect, onHover } = props;
  const words = useWords();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.replaceChildren(render(segment, pictures)), [segment, pictures]);
  const [first] = blocks;
  const select = (event: MouseEvent): void => {
    const isOther = event.target instanceof Element && event.target.closest("a, button") !== null;
    // Who marks text to copy it wants to stay where he is.
    if (first !== undefined && !isOther && document.getSelection()?.isCollapsed !== false) onSelect(first, false);
  };
  return (
    <div
      class={classes("part", { "is-linked": first !== undefined, "is-selected": isSelected, "is-hovered": isHovered })}
      data-blocks={blocks.join(" ")}
      tabIndex={-1}
      onClick={select}
      onMouseEnter={() => first !== undefined && onHover(first)}
      onMouseLeave={() => onHover(null)}
    >
      <div ref={place} />
      {first !== undefined && block !== undefined && (
        <button
          type="button"
          class="locate"
          tabIndex={isStop ? 0 : -1}
          aria-label={words.locate(nameOf(block, words))}
          title={words.locate(block.label)}
          onClick={(event) => onSelect(first, event.detail === 0)}
        >
          <Icon name="target" />
        </button>
      )}
    </div>
  );
}

/** The segments of the Markdown, each with the blocks that stand in its lines. */
function linked(markdown: string, places: readonly (Place | null)[]): { segment: Segment; blocks: number[] }[] {
  const starts = [0, ...[...markdown.matchAll(/\n/g)].map(({ index }) => index + 1), markdown.length];
  return segmentsOf(markdown).map((segment) => {
    const from = starts[segment.from] ?? markdown.length;
    const to = starts[segment.to] ?? markdown.length;
    const blocks = places.flatMap((place, block) => (place && place.from < to && place.to > from ? [block] : []));
    return { segment, blocks };
  });
}
