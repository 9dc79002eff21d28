"""Texts that stand in for the model's where its random numbers would never write them.

Tables in OTSL, LaTeX delimiters, names of figures, repetitions: what the page assembly looks for in a text.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_FIGURES = " ".join(f"[F{number}]" for number in (2, 3, 4, 5, 6, 7, 8, 22, 23, 24))

_TEXTS: Mapping[str, Sequence[str]] = {
    "OCR:": (
        r"The sum \( a + b \) of 5 $ and \[ x^2 \] is known.",
        "1 Introduction",
        "1.2 The second part\nof two lines",
        "ab" * 60,
        "A sentence that begins well. " + "and then it goes round " * 12,
        "the same line\n" * 12 + "another one",
        "",
        "# a hash, *stars*, <b>tags</b> & an ampersand | a bar",
        "Hafen-\ngebühr und 港口\n\n第二行 – Отчёт",
        r"\( (3.1) \)",
        "Abstract 摘要 of the work: References [1] [2]",
        "$$ y = 2 $$ (7)",
    ),
    "Table Recognition:": (
        "<fcel>Name<fcel>Sum<nl><fcel>Anna<fcel>1<nl>",
        "<fcel>Name<fcel>Sum<nl><fcel>Boris<fcel>2<nl><fcel>Carla<fcel>3<nl>",
        "<fcel>wide<lcel><fcel>c<nl><fcel>tall<fcel>b<fcel>c<nl><ucel><fcel>e<ecel><nl>",
        "<fcel>square<lcel><nl><ucel><xcel><nl>",
        f"<fcel>{_FIGURES}<nl><fcel>below<nl>",
        "<fcel>ragged<nl><fcel>two<fcel>three<fcel>four<nl><ecel><ecel><nl>",
        '<fcel>no end of the row<fcel>a < b & c > "d"',
        "no table at all",
        "",
        r"<fcel>\( x \)<fcel>costs $ 5<nl><fcel>\[ y \]<ecel><nl>",
        "<fcel>a<fcel>b<nl>" * 340,
        "<nl>" * 1300,
    ),
    "Formula Recognition:": (
        r"\[ \frac{a}{b} = \sum_{i=1}^{n} x_i \]",
        r"\( \alpha \cdot \beta \)",
        r"$$ e^{i\pi} + 1 = 0 $$",
        r"\[\[ nested \]\]",
        r"x = 1 \tag{4}",
        "",
        r"\[ a \] and \( b $ c \)",
        r"\begin{array}{l} a \\ b \end{array}",
        r"\quad " * 40,
        r"$ z $",
        r"only \( opened",
        "q" * 80,
    ),
    "Chart Recognition:": (
        "Year | Tonnes\n2024 | 17\n2025 | 19",
        "one column\n1\n2",
        "",
        "a | b | c\n1 | 2\n3 | 4 | 5 | 6",
        "Year | $\n\\(1\\) | 2",
        "<b>bold</b> | &\n1 | 2",
        "no rows",
        "| |\n| |",
        "a | b\n" * 14,
        "\n\n",
        "ab | ab" * 30,
        "北 | 南\n1 | 2",
    ),
    "Seal Recognition:": (
        "Harbour Office",
        "two\nlines",
        "",
        "港口管理局",
        "star ★ star",
        "ha" * 40,
        r"\( R \)",
        "a | b",
        "<div>",
        "  spaces  ",
        "x\n" * 12,
        "$",
    ),
    "Spotting:": (
        "Quay 7<|LOC_100|><|LOC_200|><|LOC_300|><|LOC_200|><|LOC_300|><|LOC_400|><|LOC_100|><|LOC_400|>",
        (
            "one<|LOC_0|><|LOC_0|><|LOC_999|><|LOC_0|><|LOC_999|><|LOC_500|><|LOC_0|><|LOC_500|>\n"
            "two<|LOC_1|><|LOC_501|><|LOC_998|><|LOC_501|><|LOC_998|><|LOC_1000|><|LOC_1|><|LOC_1000|>"
        ),
        "<|LOC_BEGIN|>framed<|LOC_SEP|><|LOC_1|><|LOC_2|><|LOC_3|><|LOC_4|><|LOC_5|><|LOC_6|><|LOC_7|><|LOC_8|><|LOC_END|>",
        "too few<|LOC_1|><|LOC_2|>",
        "no place",
        "",
        "</s>ended</s>",
        "<|LOC_1|>" * 20,
        "a\nb\n" * 15,
        "x<|LOC_1|>y<|LOC_2|>z<|LOC_3|><|LOC_4|><|LOC_5|><|LOC_6|><|LOC_7|><|LOC_8|>",
        r"\( s \)<|LOC_1|><|LOC_2|><|LOC_3|><|LOC_4|><|LOC_5|><|LOC_6|><|LOC_7|><|LOC_8|>",
        "spaced <|LOC_1|> <|LOC_2|> <|LOC_3|> <|LOC_4|> <|LOC_5|> <|LOC_6|> <|LOC_7|> <|LOC_8|>",
    ),
}

SHIFTS = len(_TEXTS["OCR:"])
"""With as many shifts as there are texts, every crop is answered with every text of its prompt."""


def given_text(crop: NDArray[np.uint8], prompt: str, shift: int) -> str:
    """The text of a BGR crop: one of its prompt's, by its pixels, `shift` texts on. Raises KeyError for a prompt."""
    texts = _TEXTS[prompt]
    return texts[(zlib.crc32(np.ascontiguousarray(crop).tobytes()) + shift) % len(texts)]
