import assert from "node:assert/strict";
import test from "node:test";
import { placesOf } from "../src/markdown/places";
import type { Block } from "../src/reading/answer";

const block = (content: string, bbox = [0, 0, 1, 1]): Block => ({ label: "text", bbox, content, order: 1, score: 1 });

function found(markdown: string, ...blocks: Block[]): (string | null)[] {
  return placesOf(markdown, blocks).map((place) => place && markdown.slice(place.from, place.to));
}

test("blocks are found under the marks that Markdown adds", () => {
  const markdown = "## A title\n\nFirst line\n\nsecond line.\n\n<table border=1><tr><td style='a'>x1</td></tr></table>";
  assert.deepEqual(
    found(markdown, block("A title"), block("First line\nsecond line."), block("<table><tr><td>x1</td></tr></table>")),
    ["A title", "First line\n\nsecond line", "x1"],
  );
});

test("a page number is not found in the middle of a text", () => {
  assert.deepEqual(found("It has 5 legs\n\n6 feet", block("5"), block("6 feet")), [null, "6 feet"]);
});

test("the same words twice are two places", () => {
  const places = placesOf("Yes\n\nYes", [block("Yes"), block("Yes")]);
  assert.deepEqual(places, [
    { from: 0, to: 3 },
    { from: 5, to: 8 },
  ]);
});

test("a picture is known by its box", () => {
  const markdown = 'Text\n\n<div><img src="imgs/img_in_image_box_1_2_30_40.jpg"></div>';
  assert.match(found(markdown, block("", [1, 2, 30, 40]))[0] ?? "", /^<div>/);
  assert.deepEqual(found(markdown, block("", [1, 2, 30, 4])), [null]);
});

test("letters outside of the Basic Multilingual Plane keep the places right", () => {
  assert.deepEqual(found("𝒜𝒷 İx\n\nnext", block("𝒜𝒷 İx"), block("next")), ["𝒜𝒷 İx", "next"]);
});
