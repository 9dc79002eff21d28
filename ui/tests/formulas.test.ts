import assert from "node:assert/strict";
import test from "node:test";
import { formulaAt, parts } from "../src/markdown/formulas";

const shown = (text: string): unknown[] =>
  parts(text).map((part) => (typeof part === "string" ? part : [part.tex, part.display]));

test("formulas are found with and without blanks inside", () => {
  assert.deepEqual(shown("so $x^2$ and $ y_1 $."), ["so ", ["x^2", false], " and ", ["y_1", false], "."]);
  assert.deepEqual(shown("$$a\n+ b$$"), [["a\n+ b", true]]);
});

test("money is no formula", () => {
  for (const text of ["$5 and $10", "costs $5", "\\$5 is $6", "$$", "$ $", "a $b\n\nc$ d"]) {
    assert.deepEqual(shown(text), [text]);
  }
});

test("an escaped mark neither opens nor closes", () => {
  assert.deepEqual(shown("$a\\$b$"), [["a\\$b", false]]);
});

test("a mark that is never closed costs no more than a look around", () => {
  assert.equal(formulaAt(`$${"a".repeat(20_000)}$`, 0), null);
});
