/** The second view: a document while it is read, and after. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { placesOf } from "../markdown/places";
import type { Page } from "../reading/answer";
import type { PictureStore } from "../reading/pictures";
import { countDone, isRunning, type PageState, type Reading } from "../reading/state";
import { useWords } from "../words";
import { PageImage } from "./page-image";
import { ProblemCard } from "./problem";
import { Rail } from "./rail";
import { PageText } from "./page-text";
import { Toolbar } from "./toolbar";
import { Notes } from "./notes";

interface Props {
  reading: Reading;
  pictures: PictureStore;
  onShow(index: number): void;
  onCancel(): void;
  onAgain(): void;
  onKey(): void;
  onLeave(): void;
}

/** Which block is meant, on the image and in the text; `from` says where it was chosen, the other side goes there. */
export interface Selection {
  block: number;
  from: "image" | "text";
  /** By the keyboard: the focus goes along. */
  byKey: boolean;
}

export function Result({ reading, pictures, onShow, onCancel, onAgain, onKey, onLeave }: Props): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const shown = reading.shown === null ? undefined : reading.pages.get(reading.shown);
  return (
    <main class="result">
      <Toolbar reading={reading} heading={heading} onCancel={onCancel} onLeave={onLeave} />
      <Announcer reading={reading} />
      {reading.problem !== null && (
        <ProblemCard problem={reading.problem} hasPages={countDone(reading) > 0} onAgain={onAgain} onKey={onKey} />
      )}
      {reading.answer !== null && <Notes warnings={reading.answer.warnings} errors={reading.answer.errors} />}
      {reading.indices.length > 0 && (isRunning(reading) || countDone(reading) > 0) && (
        <div class="panes">
          <Rail reading={reading} pictures={pictures} onShow={onShow} />
          <Shown key={reading.shown} reading={reading} state={shown} pictures={pictures} onShow={onShow} />
        </div>
      )}
      {reading.phase === "sending" && <Waiting />}
    </main>
  );
}

interface ShownProps {
  reading: Reading;
  state: PageState | undefined;
  pictures: PictureStore;
  onShow(index: number): void;
}

function Shown({ reading, state, pictures, onShow }: ShownProps): JSX.Element {
  const words = useWords();
  if (state === undefined || state.status === "waiting") {
    return reading.endedAt === null ? <Waiting /> : <div class="pane empty" />;
  }
  if (state.status === "failed") {
    return (
      <div class="pane empty">
        <p class="page-failed">
          <strong>
            {words.page(state.error.page + 1)}: {words.pageFailed}
          </strong>
          <span>{state.error.message}</span>
          <code>{state.error.code}</code>
        </p>
      </div>
    );
  }
  return <ReadPage reading={reading} page={state.page} pictures={pictures} onShow={onShow} />;
}

interface ReadPageProps {
  reading: Reading;
  page: Page;
  pictures: PictureStore;
  onShow(index: number): void;
}

function ReadPage({ reading, page, pictures, onShow }: ReadPageProps): JSX.Element {
  const [selection, setSelection] = useState<Selection | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const places = useMemo(() => placesOf(page.markdown, page.blocks), [page]);
  const { page: image, byName } = pictures.of(page.index);
  return (
    <>
      <PageImage
        reading={reading}
        page={page}
        image={image}
        selection={selection}
        hovered={hovered}
        onSelect={(block, byKey) => setSelection({ block, from: "image", byKey })}
        onHover={setHovered}
        onShow={onShow}
      />
      <PageText
        page={page}
        places={places}
        pictures={byName}
        selection={selection}
        hovered={hovered}
        onSelect={(block, byKey) => setSelection({ block, from: "text", byKey })}
        onHover={setHovered}
      />
    </>
  );
}

function Waiting(): JSX.Element {
  return (
    <div class="pane waiting" aria-hidden="true">
      <div class="waiting-page">
        <span /> <span /> <span /> <span /> <span /> <span />
      </div>
    </div>
  );
}

/** Tells a screen reader how the reading goes on. */
function Announcer({ reading }: { reading: Reading }): JSX.Element {
  const words = useWords();
  const last = useRef(0);
  const [said, say] = useState("");
  const done = countDone(reading);
  useEffect(() => {
    if (reading.phase === "done") say(words.saidDone(reading.answer?.pages.length ?? done));
    else if (reading.phase === "cancelled") say(words.cancelled);
    else if (reading.phase === "sending") say(words.sending);
    else if (done > last.current)
      say(words.saidPage((reading.indices[done - 1] ?? 0) + 1, done, reading.indices.length));
    last.current = done;
  }, [reading.phase, done]);
  return (
    <p class="visually-hidden" role="status">
      {said}
    </p>
  );
}
