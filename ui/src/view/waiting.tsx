/** A page that is not there yet. */

import type { JSX } from "preact";
import { useWords } from "../words";

export function WaitingPane(): JSX.Element {
  return (
    <div class="pane waiting">
      <WaitingPage />
    </div>
  );
}

export function WaitingPage(): JSX.Element {
  const words = useWords();
  return (
    <>
      <p class="visually-hidden">{words.waitingFor}</p>
      <div class="waiting-page" aria-hidden="true">
        <span /> <span /> <span /> <span /> <span /> <span />
      </div>
    </>
  );
}
