/** What is asked of POST /ocr, as the form on the page has it. */

export interface Wishes {
  pages: string;
  dpi: string;
  skipBadPages: boolean;
  save: boolean;
  /** Whether the result goes to S3, and whether its addresses open without keys. */
  s3: "" | "true" | "presigned";
  /** Seconds. */
  timeout: string;
  /** Of the engine: on, off, or "" for its own choice. */
  switches: Record<Switch, "" | "on" | "off">;
  layoutThreshold: string;
  /** What the page is as a whole; "": blocks are found first. */
  promptLabel: string;
  /** Further options as JSON. */
  more: string;
}

export const SWITCHES = [
  "useDocOrientationClassify",
  "useDocUnwarping",
  "useChartRecognition",
  "useSealRecognition",
  "useOcrForImageBlock",
  "mergeTables",
  "relevelTitles",
] as const;
export type Switch = (typeof SWITCHES)[number];

export const PROMPT_LABELS = ["ocr", "formula", "table", "chart", "seal"] as const;

export const NO_WISHES: Wishes = {
  pages: "",
  dpi: "",
  skipBadPages: false,
  save: false,
  s3: "",
  timeout: "",
  switches: Object.fromEntries(SWITCHES.map((name) => [name, ""])) as Wishes["switches"],
  layoutThreshold: "",
  promptLabel: "",
  more: "",
};

/** A document: a file, or where it is. */
export type Source = { kind: "file"; file: File } | { kind: "url"; url: string };

/** What the document is called. */
export function nameOf(source: Source): string {
  if (source.kind === "file") return source.file.name || "image.png";
  try {
    const url = new URL(source.url);
    const last = url.pathname.split("/").filter(Boolean).at(-1);
    return last === undefined ? url.hostname : decodeURIComponent(last);
  } catch {
    return source.url;
  }
}

/** The fields of the multipart request. Throws SyntaxError where the further options are no JSON object. */
export function fieldsOf(wishes: Wishes): Record<string, string> {
  const fields: Record<string, string> = { page_images: "true" };
  if (wishes.pages.trim()) fields["pages"] = wishes.pages.trim();
  if (wishes.dpi.trim()) fields["dpi"] = wishes.dpi.trim();
  if (wishes.skipBadPages) fields["on_error"] = "skip";
  if (wishes.save) fields["save"] = "true";
  if (wishes.s3) fields["s3"] = wishes.s3;
  if (wishes.timeout.trim()) fields["timeout"] = wishes.timeout.trim();
  const options = optionsOf(wishes);
  if (Object.keys(options).length > 0) fields["options"] = JSON.stringify(options);
  return fields;
}

/** How many of the wishes differ from the default. */
export function countWishes(wishes: Wishes): number {
  const { pages, dpi, s3, timeout, layoutThreshold, promptLabel, more } = wishes;
  const simple = [pages, dpi, s3, timeout, layoutThreshold, promptLabel, more];
  const set = [...simple.map((text) => text.trim() !== ""), wishes.skipBadPages, wishes.save];
  return [...set, ...SWITCHES.map((name) => wishes.switches[name] !== "")].filter(Boolean).length;
}

function optionsOf(wishes: Wishes): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of SWITCHES) if (wishes.switches[name] !== "") options[name] = wishes.switches[name] === "on";
  if (wishes.layoutThreshold.trim()) options["layoutThreshold"] = Number(wishes.layoutThreshold);
  if (wishes.promptLabel) Object.assign(options, { useLayoutDetection: false, promptLabel: wishes.promptLabel });
  return { ...options, ...objectIn(wishes.more) };
}

/** The JSON object in `text`, {} where it is empty. Throws SyntaxError where there is something else. */
export function objectIn(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError("not an object");
  return value as Record<string, unknown>;
}
