/** The pages of a reading: all of them small, the image of one, and its text. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { placesOf } from "../markdown/places";
import type { PictureStore } from "../reading/pictures";
import type { Reading } from "../reading/state";
import { PageImage } from "./page-image";
import { PageText } from "./page-text";
import { Rail } from "./rail";
import { WaitingPane } from "./waiting";

interface Props {
  reading: Reading;
  pictures: PictureStore;
  onShow(index: number): void;
}

/** Which block is meant, on the image and in the text; `from` says where it was chosen, the other side goes there. */
export interface Selection {
  block: number;
  from: "image" | "text";
  /** By the keyboard: the focus goes along. */
  byKey: boolean;
}

export function Panes({ reading, pictures, onShow }: Props): JSX.Element {
  const [selection, setSelection] = useState<Selection | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const { shown } = reading;
  const state = shown === null ? undefined : reading.pages.get(shown);
  const page = state?.status === "read" ? state.page : null;
  const places = useMemo(() => (page === null ? [] : placesOf(page.markdown, page.blocks)), [page]);
  const turn = (index: number): void => {
    if (index === shown) return;
    // They are places in the blocks of one page.
    setSelection(null);
    setHovered(null);
    onShow(index);
  };
  return (
    <div class="panes">
      <Rail reading={reading} pictures={pictures} onShow={turn} />
      {shown === null ? (
        <WaitingPane />
      ) : (
        // The same over all pages: the buttons that turn them keep the focus, and its tools what was chosen.
        <PageImage
          reading={reading}
          index={shown}
          state={state}
          image={pictures.of(shown).page}
          selection={selection}
          hovered={hovered}
          onSelect={(block, byKey) => setSelection({ block, from: "image", byKey })}
          onHover={setHovered}
          onShow={turn}
        />
      )}
      {page !== null && (
        <PageText
          page={page}
          places={places}
          pictures={pictures.of(page.index).byName}
          selection={selection}
          hovered={hovered}
          onSelect={(block, byKey) => setSelection({ block, from: "text", byKey })}
          onHover={setHovered}
        />
      )}
    </div>
  );
}
