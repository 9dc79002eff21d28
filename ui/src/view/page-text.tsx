/** What was read of a page: drawn, as Markdown, and as JSON. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Place } from "../markdown/places";
import type { Page } from "../reading/answer";
import { useWords } from "../words";
import { CopyButton } from "./copy";
import { Drawn } from "./drawn";
import { jsonPieces, markdownPieces, Pieces } from "./pieces";
import type { Selection } from "./panes";
import { moveFocus } from "./roving";
import { bringIntoView } from "./scrolling";

const VIEWS = ["rendered", "source", "json"] as const;
type View = (typeof VIEWS)[number];

export interface TextProps {
  page: Page;
  places: readonly (Place | null)[];
  pictures: ReadonlyMap<string, string>;
  selection: Selection | null;
  hovered: number | null;
  onSelect(block: number, byKey: boolean): void;
  onHover(block: number | null): void;
}

let lastView: View = "rendered";

export function PageText(props: TextProps): JSX.Element {
  const { page, places, selection } = props;
  const words = useWords();
  const [view, setView] = useState(lastView);
  const body = useRef<HTMLDivElement>(null);
  const markdown = useMemo(() => markdownPieces(page, places), [page, places]);
  const json = useMemo(() => jsonPieces(page), [page]);

  useEffect(() => {
    if (selection?.from !== "image") return;
    const found = body.current?.querySelector<HTMLElement>(`[data-blocks~="${selection.block}"]`);
    if (found) bringIntoView(found, selection.byKey);
  }, [selection]);

  const choose = (chosen: View): void => {
    lastView = chosen;
    setView(chosen);
  };
  return (
    <section class="pane text-pane" aria-label={words.text}>
      <div class="pane-head">
        <div class="tabs" role="tablist" aria-label={words.text} onKeyDown={(event) => moveFocus(event, "[role=tab]")}>
          {VIEWS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={view === name}
              aria-controls="text-panel"
              tabIndex={view === name ? 0 : -1}
              onFocus={() => choose(name)}
              onClick={() => choose(name)}
            >
              {words[name]}
            </button>
          ))}
        </div>
        <span class="spacer" />
        <CopyButton label={words.copy} text={() => (view === "json" ? JSON.stringify(page, null, 2) : page.markdown)} />
      </div>
      <div
        // A page begins at its top.
        key={page.index}
        ref={body}
        class="pane-body"
        id="text-panel"
        role="tabpanel"
        aria-labelledby={`tab-${view}`}
        tabIndex={0}
      >
        {view === "rendered" && <Drawn {...props} />}
        {view === "source" && <Pieces pieces={markdown} {...props} />}
        {view === "json" && <Pieces pieces={json} {...props} />}
      </div>
    </section>
  );
}
