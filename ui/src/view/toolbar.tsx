/** What is read, how far it is, and what can be done with it. */

import type { JSX, RefObject } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { jsonOf, markdownOf, save, stemOf, zipOf } from "../reading/files";
import { nameOf } from "../reading/request";
import { countDone, isRunning, pagesRead, type Reading } from "../reading/state";
import { Spoken, useWords } from "../words";
import { duration } from "../words/time";
import { CopyButton } from "./copy";
import { Icon } from "./icons";

interface Props {
  reading: Reading;
  heading: RefObject<HTMLHeadingElement | null>;
  onCancel(): void;
  onBack(): void;
  onLeave(): void;
}

/** Longer than a double click takes. */
const SETTLED_MS = 600;

export function Toolbar({ reading, heading, onCancel, onBack, onLeave }: Props): JSX.Element {
  const words = useWords();
  const hasPages = pagesRead(reading).length > 0;
  return (
    <div class="toolbar">
      <div class="toolbar-line">
        <div class="toolbar-name">
          <h1 ref={heading} tabIndex={-1} title={nameOf(reading.source)}>
            {nameOf(reading.source)}
          </h1>
          <Status reading={reading} />
        </div>
        <div class="toolbar-actions">
          {hasPages && <Take reading={reading} />}
          {isRunning(reading) ? (
            <button key="cancel" type="button" class="button" onClick={onCancel}>
              <Icon name="close" />
              {words.cancel}
            </button>
          ) : (
            <Leaving key="leaving" canGoBack={reading.phase !== "done"} onBack={onBack} onLeave={onLeave} />
          )}
        </div>
      </div>
      {isRunning(reading) && <Bar reading={reading} />}
    </div>
  );
}

/** Off at first: a click that was meant for Cancel, which stood here until now, must not give up what was read. */
function Leaving(props: { canGoBack: boolean; onBack(): void; onLeave(): void }): JSX.Element {
  const words = useWords();
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <>
      {props.canGoBack && (
        <button type="button" class="button" disabled={!isSettled} onClick={props.onBack}>
          <Icon name="back" />
          {words.back}
        </button>
      )}
      <button type="button" class="button primary" disabled={!isSettled} onClick={props.onLeave}>
        <Icon name="plus" />
        {words.another}
      </button>
    </>
  );
}

function Status({ reading }: { reading: Reading }): JSX.Element {
  const words = useWords();
  const { language } = useContext(Spoken);
  const now = useClock(isRunning(reading));
  const passed = (reading.endedAt ?? now) - reading.begunAt;
  const time = duration(language, passed);
  const done = countDone(reading);
  const all = reading.indices.length;
  switch (reading.phase) {
    case "sending":
      return (
        <p class="status">
          {words.sending} {time}
        </p>
      );
    case "reading": {
      const left = done >= 2 && done < all ? words.left(duration(language, (passed / done) * (all - done))) : null;
      return <p class="status">{[words.doneOf(done, all, time), left].filter(Boolean).join(" · ")}</p>;
    }
    case "done":
      return (
        <p class="status is-good">
          <Icon name="check" />
          {words.done(pagesRead(reading).length, time)}
        </p>
      );
    case "cancelled":
      return (
        <p class="status">
          {words.cancelled}
          {all > 0 && ` · ${words.doneOf(done, all, time)}`}
        </p>
      );
    case "failed":
      return <p class="status">{all > 0 && words.doneOf(done, all, time)}</p>;
  }
}

function Bar({ reading }: { reading: Reading }): JSX.Element {
  const words = useWords();
  const all = reading.indices.length;
  const done = countDone(reading);
  if (all === 0) return <div class="bar is-unknown" role="progressbar" aria-label={words.progress} />;
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={words.progress}
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={done}
      aria-valuetext={`${done} / ${all}`}
    >
      <span style={{ width: `${(100 * done) / all}%` }} />
    </div>
  );
}

/** Copy and download. */
function Take({ reading }: { reading: Reading }): JSX.Element {
  const words = useWords();
  const stem = stemOf(reading);
  return (
    <>
      <CopyButton label={words.copyAll} text={() => markdownOf(reading)} />
      <div class="group" role="group" aria-label={words.download}>
        <span class="group-mark" aria-hidden="true">
          <Icon name="download" />
        </span>
        <button
          type="button"
          class="button"
          aria-label={`${words.download} .md`}
          onClick={() => save(`${stem}.md`, "text/markdown", markdownOf(reading))}
        >
          .md
        </button>
        <button
          type="button"
          class="button"
          aria-label={`${words.download} .zip, ${words.zipHint}`}
          title={words.zipHint}
          onClick={() => save(`${stem}.zip`, "application/zip", zipOf(reading))}
        >
          .zip
        </button>
        <button
          type="button"
          class="button"
          aria-label={`${words.download} .json`}
          onClick={() => save(`${stem}.json`, "application/json", jsonOf(reading))}
        >
          .json
        </button>
      </div>
    </>
  );
}

function useClock(runs: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, [runs]);
  return now;
}
