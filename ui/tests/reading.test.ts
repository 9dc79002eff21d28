import assert from "node:assert/strict";
import test from "node:test";
import { strFromU8, unzipSync } from "fflate";
import type { Answer, Page } from "../src/reading/answer";
import { jsonOf, markdownOf, stemOf, zipOf } from "../src/reading/files";
import { jsonLines } from "../src/reading/lines";
import { fieldsOf, nameOf, NO_WISHES, type Source } from "../src/reading/request";
import { countDone, reduce, type Action, type Reading } from "../src/reading/state";
import { languageFor } from "../src/words";
import { duration } from "../src/words/time";

const source: Source = { kind: "url", url: "https://files.example/a%20b.pdf?x=1" };

const page = (index: number, images: Record<string, string> = {}): Page => ({
  index,
  width: 10,
  height: 20,
  markdown: `page ${index}`,
  blocks: [],
  images,
  image: "data:image/png;base64,AA==",
});

function after(...actions: Action[]): Reading {
  const reading = actions.reduce<Reading | null>(reduce, null);
  assert.ok(reading);
  return reading;
}

const opened: Action[] = [
  { type: "begin", source, now: 0 },
  { type: "event", event: { event: "opened", id: "1", kind: "pdf", page_count: 3, pages: [0, 2] }, now: 1 },
];
const read = (...of: Page[]): Action[] =>
  of.map((one) => ({ type: "event", event: { event: "page", page: one, warnings: [] }, now: 2 }));

test("lines come whole, however the stream is cut", async () => {
  const bytes = new TextEncoder().encode('{"a": "é"}\n{"b": 2}\n\n{"c": 3}');
  for (const size of [1, 2, 5, 100]) {
    const stream = new ReadableStream<Uint8Array>({
      start(control) {
        for (let at = 0; at < bytes.length; at += size) control.enqueue(bytes.slice(at, at + size));
        control.close();
      },
    });
    const values: unknown[] = [];
    for await (const value of jsonLines(stream)) values.push(value);
    assert.deepEqual(values, [{ a: "é" }, { b: 2 }, { c: 3 }]);
  }
});

test("pages fill in one by one, and the first is shown until another is chosen", () => {
  const reading = after(...opened, ...read(page(0)));
  assert.deepEqual([reading.phase, reading.shown, countDone(reading)], ["reading", 0, 1]);
  assert.equal(after(...opened, ...read(page(0)), { type: "show", index: 2 }, ...read(page(2))).shown, 2);
});

test("the whole brings new Markdown, and pages keep their pictures", () => {
  const answer = { pages: [{ ...page(0), markdown: "# page 0", image: null }], markdown: "whole" } as Answer;
  const reading = after(...opened, ...read(page(0, { "imgs/a.jpg": "AAAA" })), {
    type: "event",
    event: { event: "result", ...answer },
    now: 9,
  });
  const state = reading.pages.get(0);
  assert.ok(state?.status === "read");
  assert.deepEqual(
    [state.page.markdown, state.page.images, reading.phase],
    ["# page 0", { "imgs/a.jpg": "AAAA" }, "done"],
  );
  assert.equal(markdownOf(reading), "whole");
});

test("what comes after a cancel is not heard", () => {
  const reading = after(...opened, ...read(page(0)), { type: "cancel", now: 5 }, ...read(page(2)));
  assert.deepEqual([reading.phase, countDone(reading), markdownOf(reading)], ["cancelled", 1, "page 0\n"]);
});

test("a .zip holds no name that leaves its folder", () => {
  const images = { "imgs/a.jpg": "AAAA", "../evil.jpg": "AAAA", "/evil.jpg": "AAAA", "a/../../evil.jpg": "AAAA" };
  const files = unzipSync(zipOf(after(...opened, ...read(page(0, images)))));
  assert.deepEqual(Object.keys(files).sort(), ["a b.json", "a b.md", "imgs/a.jpg"]);
  assert.equal(strFromU8(files["a b.md"] ?? new Uint8Array()), "page 0\n");
});

test("JSON has no images of whole pages", () => {
  assert.doesNotMatch(jsonOf(after(...opened, ...read(page(0)))), /data:image/);
});

test("names of files are made plain", () => {
  assert.equal(nameOf(source), "a b.pdf");
  const named = (name: string): string =>
    stemOf(after({ type: "begin", source: { kind: "file", file: new File([], name) }, now: 0 }));
  assert.equal(named("a/b:c?.pdf"), "a_b_c_");
  assert.equal(named(".."), "document");
});

test("only what was wished is sent", () => {
  assert.deepEqual(fieldsOf(NO_WISHES), { page_images: "true" });
  const wishes = { ...NO_WISHES, pages: " 1-2 ", promptLabel: "table", layoutThreshold: "0.5", more: '{"topP": 1}' };
  const { options = "", ...fields } = fieldsOf({ ...wishes, switches: { ...NO_WISHES.switches, mergeTables: "off" } });
  assert.deepEqual(fields, { page_images: "true", pages: "1-2" });
  assert.deepEqual(JSON.parse(options), {
    mergeTables: false,
    layoutThreshold: 0.5,
    useLayoutDetection: false,
    promptLabel: "table",
    topP: 1,
  });
  assert.deepEqual(fieldsOf({ ...NO_WISHES, s3: "presigned", timeout: " 30 " }), {
    page_images: "true",
    s3: "presigned",
    timeout: "30",
  });
  assert.throws(() => fieldsOf({ ...NO_WISHES, more: "[1]" }), SyntaxError);
});

test("the browser's languages choose that of the page", () => {
  assert.equal(languageFor(["de-DE", "ru-RU", "en"]), "ru");
  assert.equal(languageFor(["fr"]), "en");
});

test("durations read well", () => {
  assert.deepEqual([duration("en", 1234), duration("ru", 1234), duration("en", 65_400)], ["1.2 s", "1,2 с", "1:05"]);
});
