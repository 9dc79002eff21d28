/** The pages of the document, small; those that are not read yet stand there empty. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PictureStore } from "../reading/pictures";
import type { PageState, Reading } from "../reading/state";
import { useWords } from "../words";
import { moveFocus } from "./roving";

interface Props {
  reading: Reading;
  pictures: PictureStore;
  onShow(index: number): void;
}

export function Rail({ reading, pictures, onShow }: Props): JSX.Element | null {
  const words = useWords();
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [reading.shown]);
  if (reading.indices.length < 2) return null;
  const shown = reading.shown ?? reading.indices[0];
  return (
    <nav class="rail" aria-label={words.pageList} ref={list} onKeyDown={(event) => moveFocus(event, "button")}>
      {reading.indices.map((index) => {
        const state = reading.pages.get(index) ?? { status: "waiting" };
        const said = { waiting: words.pageWaiting, read: words.pageRead, failed: words.pageFailed }[state.status];
        return (
          <button
            key={index}
            type="button"
            class={`rail-page is-${state.status}`}
            tabIndex={index === shown ? 0 : -1}
            aria-current={index === reading.shown ? "page" : undefined}
            aria-label={`${words.page(index + 1)}, ${said}`}
            onClick={() => onShow(index)}
          >
            <Thumbnail state={state} pictures={pictures} />
            <span>{index + 1}</span>
          </button>
        );
      })}
    </nav>
  );
}

function Thumbnail({ state, pictures }: { state: PageState; pictures: PictureStore }): JSX.Element {
  const address = state.status === "read" ? pictures.of(state.page.index).page : null;
  const ratio = state.status === "read" ? state.page.width / state.page.height : 0.71;
  return (
    <span class="thumbnail" style={{ aspectRatio: String(ratio) }}>
      {address !== null && <img src={address} alt="" loading="lazy" decoding="async" />}
    </span>
  );
}
