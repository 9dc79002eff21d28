/** An error, as the API words it. */

import type { JSX } from "preact";
import type { Problem } from "../reading/api";
import { useWords, type Words } from "../words";
import { Icon } from "./icons";

interface Props {
  problem: Problem;
  hasPages: boolean;
  onAgain(): void;
  onKey(): void;
}

export function ProblemCard({ problem, hasPages, onAgain, onKey }: Props): JSX.Element {
  const words = useWords();
  return (
    <section class="problem" role="alert">
      <Icon name="alert" />
      <div class="problem-text">
        <h2>{hasPages ? words.failedPartly : words.failed}</h2>
        <p class="problem-message" lang={problem.body === null ? undefined : "en"}>
          {messageOf(problem, words)}
        </p>
        {problem.retryAfter !== null && <p>{words.retryAfter(problem.retryAfter)}</p>}
        {problem.body !== null && (
          <p class="hint">
            <code>{problem.body.code}</code>
            {problem.status !== null && <> · HTTP {problem.status}</>} · {words.requestId}{" "}
            <code>{problem.body.request_id}</code>
          </p>
        )}
      </div>
      <div class="problem-actions">
        {problem.status === 401 && (
          <button type="button" class="button" onClick={onKey}>
            <Icon name="key" />
            {words.enterKey}
          </button>
        )}
        <button type="button" class="button" onClick={onAgain}>
          {words.again}
        </button>
      </div>
    </section>
  );
}

function messageOf(problem: Problem, words: Words): string {
  switch (problem.kind) {
    case "told":
      return problem.body?.message ?? "";
    case "unreachable":
      return words.unreachable;
    case "broken_off":
      return words.brokenOff;
    case "unexpected":
      return words.unexpected(problem.status);
  }
}
