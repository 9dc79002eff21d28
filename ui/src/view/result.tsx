/** The second view: a document while it is read, and after. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { PictureStore } from "../reading/pictures";
import { countDone, isRunning, type Reading } from "../reading/state";
import { Announcer } from "./announcer";
import { Kept } from "./kept";
import { Notes } from "./notes";
import { Panes } from "./panes";
import { ProblemCard } from "./problem";
import { Toolbar } from "./toolbar";
import { WaitingPane } from "./waiting";

interface Props {
  reading: Reading;
  pictures: PictureStore;
  onShow(index: number): void;
  onCancel(): void;
  onAgain(): void;
  onKey(): void;
  onBack(): void;
  onLeave(): void;
}

export function Result(props: Props): JSX.Element {
  const { reading, pictures, onShow, onCancel, onAgain, onKey, onBack, onLeave } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  // A button goes with its phase (Cancel, Try again), and takes the focus along.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [reading.phase]);
  return (
    <main class="result">
      <Toolbar reading={reading} heading={heading} onCancel={onCancel} onBack={onBack} onLeave={onLeave} />
      <Announcer reading={reading} />
      {reading.problem !== null && (
        <ProblemCard problem={reading.problem} hasPages={countDone(reading) > 0} onAgain={onAgain} onKey={onKey} />
      )}
      {reading.answer !== null && <Notes warnings={reading.answer.warnings} errors={reading.answer.errors} />}
      {reading.answer !== null && <Kept saved={reading.answer.saved} />}
      {reading.indices.length > 0 && (isRunning(reading) || countDone(reading) > 0) && (
        <Panes reading={reading} pictures={pictures} onShow={onShow} />
      )}
      {reading.phase === "sending" && <WaitingPane />}
    </main>
  );
}
