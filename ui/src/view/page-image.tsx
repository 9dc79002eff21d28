/** The image of a page with the boxes of its blocks. */

import type { CSSProperties, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Block, Page } from "../reading/answer";
import type { Reading } from "../reading/state";
import { useWords, type Words } from "../words";
import { classes } from "./classes";
import { Icon } from "./icons";
import { moveFocus } from "./roving";
import { bringIntoView } from "./scrolling";
import type { Selection } from "./result";

const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];
const FIT = ZOOMS.indexOf(1);

interface Props {
  reading: Reading;
  page: Page;
  image: string | null;
  selection: Selection | null;
  hovered: number | null;
  onSelect(block: number, byKey: boolean): void;
  onHover(block: number | null): void;
  onShow(index: number): void;
}

export function PageImage(props: Props): JSX.Element {
  const { reading, page, image, onShow } = props;
  const words = useWords();
  const [zoom, setZoom] = useState(FIT);
  const [boxes, setBoxes] = useState(true);
  const [isBroken, setBroken] = useState(image === null);
  const at = reading.indices.indexOf(page.index);
  const previous = reading.indices[at - 1];
  const next = reading.indices[at + 1];
  return (
    <section class="pane page-pane" aria-label={words.image}>
      <div class="pane-head">
        <Step icon="back" label={words.previous} to={previous} onShow={onShow} />
        <span class="pane-title">{words.pageNumber(page.index + 1, reading.pageCount ?? reading.indices.length)}</span>
        <Step icon="chevron" label={words.next} to={next} onShow={onShow} />
        <span class="spacer" />
        <button type="button" class="button bare" aria-pressed={boxes} onClick={() => setBoxes(!boxes)}>
          <Icon name="boxes" />
          {words.boxes}
        </button>
        <Tool icon="minus" label={words.zoomOut} isOff={zoom === 0} onClick={() => setZoom(zoom - 1)} />
        <Tool icon="plus" label={words.zoomIn} isOff={zoom === ZOOMS.length - 1} onClick={() => setZoom(zoom + 1)} />
      </div>
      <div class="pane-body" tabIndex={0} role="group" aria-label={words.boxes}>
        <div
          class={image === null || isBroken ? "sheet is-blank" : "sheet"}
          style={{ width: `${100 * (ZOOMS[zoom] ?? 1)}%`, aspectRatio: `${page.width} / ${page.height}` }}
        >
          {image !== null && !isBroken && (
            <img src={image} alt={words.page(page.index + 1)} onError={() => setBroken(true)} />
          )}
          {isBroken && <p class="hint no-image">{words.noImage}</p>}
          {boxes && <Boxes {...props} />}
        </div>
      </div>
    </section>
  );
}

function Boxes({ page, selection, hovered, onSelect, onHover }: Props): JSX.Element {
  const words = useWords();
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (selection?.from !== "text") return;
    const box = group.current?.querySelector<HTMLElement>(`[data-block="${selection.block}"]`);
    if (box) bringIntoView(box, selection.byKey);
  }, [selection]);
  const first = selection?.block ?? 0;
  return (
    <div
      ref={group}
      class="boxes"
      role="group"
      aria-label={words.blocks}
      onKeyDown={(event) => moveFocus(event, "button")}
    >
      {page.blocks.map((block, place) => (
        <button
          key={place}
          type="button"
          data-block={place}
          data-kind={kindOf(block.label)}
          class={classOf(place, block, page, selection, hovered)}
          style={placeOf(block, page)}
          tabIndex={place === first ? 0 : -1}
          aria-current={selection?.block === place ? "true" : undefined}
          aria-label={nameOf(block, words)}
          onClick={(event) => onSelect(place, event.detail === 0)}
          onMouseEnter={() => onHover(place)}
          onMouseLeave={() => onHover(null)}
          onFocus={() => onHover(place)}
          onBlur={() => onHover(null)}
        >
          {block.order !== null && (
            <span class="order" aria-hidden="true">
              {block.order}
            </span>
          )}
          <span class={tipClassOf(block, page)} aria-hidden="true">
            <strong>{block.label}</strong>
            {block.order !== null && <span>№ {block.order}</span>}
            {block.score !== null && <span>{words.confidence(percentOf(block.score))}</span>}
          </span>
        </button>
      ))}
    </div>
  );
}

function Step(props: {
  icon: "back" | "chevron";
  label: string;
  to: number | undefined;
  onShow(i: number): void;
}): JSX.Element {
  const { icon, label, to, onShow } = props;
  return <Tool icon={icon} label={label} isOff={to === undefined} onClick={() => to !== undefined && onShow(to)} />;
}

function Tool(props: {
  icon: "back" | "chevron" | "plus" | "minus";
  label: string;
  isOff: boolean;
  onClick(): void;
}): JSX.Element {
  const { icon, label, isOff, onClick } = props;
  return (
    <button
      type="button"
      class="button bare icon-only"
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** What a block is called to a screen reader. */
export function nameOf(block: Block, words: Words): string {
  return words.blockName(block.label, block.order, block.score === null ? null : percentOf(block.score));
}

function percentOf(score: number): number {
  return Math.round(100 * score);
}

function classOf(place: number, block: Block, page: Page, selection: Selection | null, hovered: number | null): string {
  return classes("box", {
    "is-selected": selection?.block === place,
    "is-hovered": hovered === place,
    "is-at-edge": (block.bbox[0] ?? 0) < 0.04 * page.width,
  });
}

function placeOf(block: Block, page: Page): CSSProperties {
  const [left = 0, top = 0, right = 0, bottom = 0] = block.bbox;
  const share = ((right - left) * (bottom - top)) / (page.width * page.height);
  return {
    left: `${(100 * left) / page.width}%`,
    top: `${(100 * top) / page.height}%`,
    width: `${(100 * (right - left)) / page.width}%`,
    height: `${(100 * (bottom - top)) / page.height}%`,
    // A box inside of another stays within reach.
    zIndex: 1 + Math.round(100 * (1 - Math.min(share, 1))),
  };
}

/** The tip stands above the box and goes to the right, unless the edge of the page is there. */
function tipClassOf(block: Block, page: Page): string {
  const [left = 0, top = 0] = block.bbox;
  return classes("tip", { "is-below": top < page.height * 0.06, "is-left": left > page.width * 0.6 });
}

function kindOf(label: string): string {
  if (/title/.test(label)) return "title";
  if (/table/.test(label)) return "table";
  if (/formula|equation/.test(label)) return "formula";
  if (/image|figure|chart|seal/.test(label)) return "picture";
  if (/header|footer|number|footnote|aside/.test(label)) return "margin";
  return "text";
}
