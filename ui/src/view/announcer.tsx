/** Tells a screen reader how the reading goes on. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { countDone, type Reading } from "../reading/state";
import { useWords, type Words } from "../words";

export function Announcer({ reading }: { reading: Reading }): JSX.Element {
  const words = useWords();
  const told = useRef<readonly number[]>([]);
  const [said, say] = useState("");
  const done = countDone(reading);
  const { phase, answer, indices, pages } = reading;
  const sentence = (index: number): Words["saidPage"] =>
    pages.get(index)?.status === "failed" ? words.saidPageFailed : words.saidPage;
  useEffect(() => {
    const ended = indices.filter((index) => pages.get(index)?.status !== "waiting");
    const news = ended.filter((index) => !told.current.includes(index));
    told.current = ended;
    if (phase === "done") say(words.saidDone(answer?.pages.length ?? done, answer?.errors.length ?? 0));
    else if (phase === "cancelled") say(words.cancelled);
    else if (phase === "sending") say(words.sending);
    else if (news.length > 0) say(news.map((index) => sentence(index)(index + 1, done, indices.length)).join(" "));
  }, [phase, done]);
  return (
    <p class="visually-hidden" role="status">
      {said}
    </p>
  );
}
