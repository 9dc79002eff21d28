/** What POST /ocr answers, event by event: the shapes of gateway/schemas.py and gateway/page_events.py. */

export interface Block {
  label: string;
  bbox: number[];
  content: string;
  order: number | null;
  score: number | null;
}

export interface Page {
  index: number;
  width: number;
  height: number;
  markdown: string;
  blocks: Block[];
  /** Base64 by name. */
  images: Record<string, string>;
  /** A data: URI. */
  image: string | null;
}

export interface Warning {
  page: number | null;
  type: string;
  message: string;
}

export interface PageError {
  page: number;
  type: string;
  code: string;
  message: string;
}

/** Where the result was kept. */
export interface Saved {
  /** The folder on the server. */
  local: string | null;
  /** The address of each file by its name; why there is none is among the warnings. */
  s3: { files: Record<string, string> } | null;
}

export interface Answer {
  id: string;
  engine: string;
  model: string;
  markdown: string;
  pages: Page[];
  usage: { pages: number; tokens: number; seconds: number };
  saved: Saved;
  warnings: Warning[];
  errors: PageError[];
}

export interface ErrorBody {
  type: string;
  code: string;
  message: string;
  param: string | null;
  request_id: string;
}

/** What a reading tells while it goes well. */
export type Told =
  | { event: "opened"; id: string; kind: string; page_count: number; pages: number[] }
  | { event: "page"; page: Page; warnings: Warning[] }
  | ({ event: "page_error" } & PageError)
  | ({ event: "result" } & Answer);

export type Event = Told | { event: "error"; error: ErrorBody };
