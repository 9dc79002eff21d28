/** The image of a page with the boxes of its blocks, or why there is none. */

import type { CSSProperties, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Block, Page, PageError } from "../reading/answer";
import type { PageState, Reading } from "../reading/state";
import { useWords, type Words } from "../words";
import { classes } from "./classes";
import { Icon } from "./icons";
import { moveFocus } from "./roving";
import { bringIntoView } from "./scrolling";
import { WaitingPage } from "./waiting";
import type { Selection } from "./panes";

const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];
const FIT = ZOOMS.indexOf(1);

interface Props {
  reading: Reading;
  /** Which page is shown, and what there is of it. */
  index: number;
  state: PageState | undefined;
  image: string | null;
  selection: Selection | null;
  hovered: number | null;
  onSelect(block: number, byKey: boolean): void;
  onHover(block: number | null): void;
  onShow(index: number): void;
}

export function PageImage(props: Props): JSX.Element {
  const { reading, index, state, onShow } = props;
  const words = useWords();
  const [zoom, setZoom] = useState(FIT);
  const [hasBoxes, setHasBoxes] = useState(true);
  const at = reading.indices.indexOf(index);
  return (
    <section class="pane page-pane" aria-label={words.image}>
      <div class="pane-head">
        <Step icon="back" label={words.previous} to={reading.indices[at - 1]} onShow={onShow} />
        <span class="pane-title" aria-live="polite">
          {words.pageNumber(index + 1, reading.pageCount ?? reading.indices.length)}
        </span>
        <Step icon="chevron" label={words.next} to={reading.indices[at + 1]} onShow={onShow} />
        <span class="spacer" />
        {state?.status === "read" && (
          <>
            <button type="button" class="button bare" aria-pressed={hasBoxes} onClick={() => setHasBoxes(!hasBoxes)}>
              <Icon name="boxes" />
              {words.boxes}
            </button>
            <Tool icon="minus" label={words.zoomOut} isOff={zoom === 0} onClick={() => setZoom(zoom - 1)} />
            <Tool
              icon="plus"
              label={words.zoomIn}
              isOff={zoom === ZOOMS.length - 1}
              onClick={() => setZoom(zoom + 1)}
            />
          </>
        )}
      </div>
      {state?.status === "read" ? (
        <div key={index} class="pane-body" tabIndex={0} role="group" aria-label={words.boxes}>
          <Sheet {...props} page={state.page} width={`${100 * (ZOOMS[zoom] ?? 1)}%`} hasBoxes={hasBoxes} />
        </div>
      ) : state?.status === "failed" ? (
        <Failed error={state.error} />
      ) : (
        <div class="pane-body waiting">{reading.endedAt === null && <WaitingPage />}</div>
      )}
    </section>
  );
}

function Sheet(props: Props & { page: Page; width: string; hasBoxes: boolean }): JSX.Element {
  const { page, image, width, hasBoxes, selection, hovered, onSelect, onHover } = props;
  const words = useWords();
  const [isBroken, setBroken] = useState(image === null);
  return (
    <div
      class={image === null || isBroken ? "sheet is-blank" : "sheet"}
      style={{ width, aspectRatio: `${page.width} / ${page.height}` }}
    >
      {image !== null && !isBroken && (
        <img src={image} alt={words.page(page.index + 1)} onError={() => setBroken(true)} />
      )}
      {isBroken && <p class="hint no-image">{words.noImage}</p>}
      {hasBoxes && <Boxes page={page} selection={selection} hovered={hovered} onSelect={onSelect} onHover={onHover} />}
    </div>
  );
}

function Failed({ error }: { error: PageError }): JSX.Element {
  const words = useWords();
  return (
    <div class="pane-body empty" tabIndex={0}>
      <p class="page-failed">
        <strong>
          {words.page(error.page + 1)}: {words.pageFailed}
        </strong>
        <span lang="en">{error.message}</span>
        <code>{error.code}</code>
      </p>
    </div>
  );
}

type BoxesProps = { page: Page } & Pick<Props, "selection" | "hovered" | "onSelect" | "onHover">;

function Boxes({ page, selection, hovered, onSelect, onHover }: BoxesProps): JSX.Element {
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
  // `disabled` would take the focus from whoever has come to the last page by it.
  return (
    <button
      type="button"
      class="button bare icon-only"
      aria-label={label}
      title={label}
      aria-disabled={isOff}
      onClick={() => !isOff && onClick()}
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
