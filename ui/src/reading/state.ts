/** The state of a reading, and what each event makes of it. */

import type { Answer, Page, PageError, Told, Warning } from "./answer";
import type { Problem } from "./api";
import type { Source } from "./request";

export type PageState =
  { status: "waiting" } | { status: "read"; page: Page; warnings: Warning[] } | { status: "failed"; error: PageError };

export interface Reading {
  source: Source;
  phase: "sending" | "reading" | "done" | "cancelled" | "failed";
  /** Milliseconds of the clock. */
  begunAt: number;
  endedAt: number | null;
  /** Pages of the whole document; null until it is open. */
  pageCount: number | null;
  /** Indices of the pages that are read, in order. */
  indices: number[];
  pages: ReadonlyMap<number, PageState>;
  /** Index of the page that is shown. */
  shown: number | null;
  answer: Answer | null;
  problem: Problem | null;
}

export type Action =
  | { type: "begin"; source: Source; now: number }
  | { type: "event"; event: Told; now: number }
  | { type: "show"; index: number }
  | { type: "cancel"; now: number }
  | { type: "fail"; problem: Problem; now: number }
  | { type: "leave" };

/** Whether it still goes on. */
export function isRunning(reading: Reading): boolean {
  return reading.phase === "sending" || reading.phase === "reading";
}

/** How many pages are done, those that could not be read among them. */
export function countDone(reading: Reading): number {
  return [...reading.pages.values()].filter((page) => page.status !== "waiting").length;
}

/** The pages that were read, in order. */
export function pagesRead(reading: Reading): Page[] {
  return reading.indices.flatMap((index) => {
    const state = reading.pages.get(index);
    return state?.status === "read" ? [state.page] : [];
  });
}

/** The reading after `action`; null where there is none. */
export function reduce(reading: Reading | null, action: Action): Reading | null {
  if (action.type === "begin") return begun(action.source, action.now);
  if (action.type === "leave" || reading === null) return null;
  switch (action.type) {
    case "show":
      return { ...reading, shown: action.index };
    case "cancel":
      return isRunning(reading) ? { ...reading, phase: "cancelled", endedAt: action.now } : reading;
    case "fail":
      return { ...reading, phase: "failed", problem: action.problem, endedAt: action.now };
    case "event":
      return isRunning(reading) ? heard(reading, action.event, action.now) : reading;
  }
}

function begun(source: Source, now: number): Reading {
  return {
    source,
    phase: "sending",
    begunAt: now,
    endedAt: null,
    pageCount: null,
    indices: [],
    pages: new Map(),
    shown: null,
    answer: null,
    problem: null,
  };
}

function heard(reading: Reading, event: Told, now: number): Reading {
  switch (event.event) {
    case "opened":
      return {
        ...reading,
        phase: "reading",
        pageCount: event.page_count,
        indices: event.pages,
        pages: new Map(event.pages.map((index) => [index, { status: "waiting" }])),
      };
    case "page":
      return withPage(reading, event.page.index, { status: "read", page: event.page, warnings: event.warnings });
    case "page_error":
      return withPage(reading, event.page, { status: "failed", error: event });
    case "result":
      return finished(reading, event, now);
  }
}

function withPage(reading: Reading, index: number, state: PageState): Reading {
  const pages = new Map(reading.pages).set(index, state);
  return { ...reading, pages, shown: reading.shown ?? index };
}

/** The whole may have changed the pages: titles' levels, tables over page breaks. Their pictures came before. */
function finished(reading: Reading, answer: Answer, now: number): Reading {
  const pages = new Map(reading.pages);
  const whole = answer.pages.map((page): Page => {
    const before = reading.pages.get(page.index);
    if (before?.status !== "read") return page;
    const joined = { ...page, images: before.page.images, image: before.page.image };
    pages.set(page.index, { ...before, page: joined });
    return joined;
  });
  return { ...reading, phase: "done", endedAt: now, pages, answer: { ...answer, pages: whole } };
}
