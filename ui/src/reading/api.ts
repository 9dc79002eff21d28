/** The server's API, all of it beside this page: no other host is ever asked. */

import type { ErrorBody, Event, Told } from "./answer";
import { jsonLines } from "./lines";
import { fieldsOf, type Source, type Wishes } from "./request";

/** What went wrong: in the API's own words where it said any. */
export interface Problem {
  /** null where the server said nothing: see `kind`. */
  body: ErrorBody | null;
  kind: "told" | "unreachable" | "broken_off" | "unexpected";
  status: number | null;
  /** Seconds after which the server asks to try again. */
  retryAfter: number | null;
}

/** A reading that did not come to its end. */
export class ReadingFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.body?.message ?? problem.kind);
  }
}

export interface About {
  name: string;
  version: string;
  engine: string | null;
  model: string | null;
}

/** Who answers here; null where the server does not say. */
export async function about(key: string): Promise<About | null> {
  try {
    const response = await fetch("./", { headers: headers("application/json", key) });
    return response.ok ? ((await response.json()) as About) : null;
  } catch {
    return null;
  }
}

/** Whether the server can put results into S3: /health tells of it only then. */
export async function hasS3(key: string): Promise<boolean> {
  try {
    // Where nothing can be read it answers 503, and says the same of S3.
    const response = await fetch("health", { headers: headers("application/json", key) });
    const { s3 = null } = (await response.json()) as { s3?: unknown };
    return s3 !== null;
  } catch {
    return false;
  }
}

/** Read a document, and tell each event. Throws ReadingFailed, and AbortError where `signal` ends it. */
export async function read(
  source: Source,
  wishes: Wishes,
  key: string,
  signal: AbortSignal,
  tell: (event: Told) => void,
): Promise<void> {
  const response = await send(source, wishes, key, signal);
  if (!response.ok || response.body === null) throw new ReadingFailed(await refusal(response));
  try {
    for await (const value of jsonLines(response.body)) {
      const event = value as Event;
      if (event.event === "error") throw new ReadingFailed(told(event.error, null));
      tell(event);
      if (event.event === "result") return;
    }
  } catch (error) {
    if (signal.aborted || error instanceof ReadingFailed) throw error;
  }
  throw new ReadingFailed({ body: null, kind: "broken_off", status: null, retryAfter: null });
}

async function send(source: Source, wishes: Wishes, key: string, signal: AbortSignal): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fieldsOf(wishes))) form.append(name, value);
  if (source.kind === "url") form.append("url", source.url);
  else form.append("file", source.file);
  try {
    return await fetch("ocr", { method: "POST", headers: headers("application/x-ndjson", key), body: form, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ReadingFailed({ body: null, kind: "unreachable", status: null, retryAfter: null });
  }
}

function headers(accept: string, key: string): Headers {
  const made = new Headers({ Accept: accept });
  if (key) made.set("Authorization", `Bearer ${key}`);
  return made;
}

async function refusal(response: Response): Promise<Problem> {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = wait > 0 ? wait : null;
  try {
    const { error } = (await response.json()) as { error: ErrorBody };
    if (typeof error.message === "string") return { ...told(error, response.status), retryAfter };
  } catch {
    // Something between here and the server answered in words of its own.
  }
  return { body: null, kind: "unexpected", status: response.status, retryAfter };
}

function told(body: ErrorBody, status: number | null): Problem {
  return { body, kind: "told", status, retryAfter: null };
}
