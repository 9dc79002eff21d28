/** A reading as the page lives with it: begun, followed, cancelled, left. */

import { useCallback, useEffect, useMemo, useReducer, useRef } from "preact/hooks";
import { read, ReadingFailed } from "./api";
import { PictureStore } from "./pictures";
import type { Source, Wishes } from "./request";
import { reduce, type Reading } from "./state";

export interface Readings {
  reading: Reading | null;
  pictures: PictureStore;
  begin(source: Source, wishes: Wishes, key: string): void;
  show(index: number): void;
  cancel(): void;
  leave(): void;
}

export function useReading(): Readings {
  const [reading, dispatch] = useReducer(reduce, null);
  const pictures = useMemo(() => new PictureStore(), []);
  const running = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    running.current?.abort();
    running.current = null;
  }, []);

  const begin = useCallback((source: Source, wishes: Wishes, key: string) => {
    stop();
    pictures.clear();
    const control = new AbortController();
    running.current = control;
    dispatch({ type: "begin", source, now: Date.now() });
    read(source, wishes, key, control.signal, (event) => {
      if (control.signal.aborted) return;
      const light = event.event === "page" ? { ...event, page: pictures.take(event.page) } : event;
      dispatch({ type: "event", event: light, now: Date.now() });
    }).catch((error: unknown) => {
      if (control.signal.aborted) return;
      if (!(error instanceof ReadingFailed)) throw error;
      dispatch({ type: "fail", problem: error.problem, now: Date.now() });
    });
  }, []);
  const show = useCallback((index: number) => dispatch({ type: "show", index }), []);
  const cancel = useCallback(() => {
    stop();
    dispatch({ type: "cancel", now: Date.now() });
  }, []);
  const leave = useCallback(() => {
    stop();
    pictures.clear();
    dispatch({ type: "leave" });
  }, []);

  useEffect(() => stop, []);
  return { reading, pictures, begin, show, cancel, leave };
}
