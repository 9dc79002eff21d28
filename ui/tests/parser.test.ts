import assert from "node:assert/strict";
import test from "node:test";
import { segmentsOf } from "../src/markdown/parser";

test("each part of the Markdown knows its lines", () => {
  const segments = segmentsOf("# Title\n\ntext\nmore\n\n- a\n- b\n\n<table><tr><td>1</td></tr></table>\n");
  assert.deepEqual(
    segments.map(({ from, to, isRaw }) => [from, to, isRaw]),
    [
      [0, 1, false],
      [2, 4, false],
      [5, 8, false],
      [8, 9, true],
    ],
  );
  assert.equal(segments[0]?.html, "<h1>Title</h1>\n");
});

test("a formula is left to KaTeX: no emphasis, no escapes, no lists inside", () => {
  const [inline] = segmentsOf("so $a_1 * b_2 * \\{c\\}$ it is");
  assert.match(inline?.html ?? "", /data-tex="a_1 \* b_2 \* \\\{c\\\}"/);
  const [display, after] = segmentsOf("$$a\n- b\n= c$$\nafter");
  assert.equal(display?.html, '<div data-tex="a\n- b\n= c" data-display="1"></div>');
  assert.equal(after?.html, "<p>after</p>\n");
});

test("what a formula holds stays inside of its attribute", () => {
  const [segment] = segmentsOf('$"><img src=x>$');
  assert.doesNotMatch(segment?.html ?? "", /<img/);
});

test("indented lines are text and not code", () => {
  assert.equal(segmentsOf("    far from the margin")[0]?.html, "<p>far from the margin</p>\n");
});
