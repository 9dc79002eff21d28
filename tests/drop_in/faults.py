"""What PaddleX's server gets wrong over HTTP, each with a request that shows it, and what this one answers.

docs/drop-in.md lists exactly these, under the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx

from benchmarks.parity.sheets import CROWDED, Sheet, sheet
from tests.drop_in.asks import Ask

Check = Callable[[httpx.Response], object]

CROWD = Sheet(CROWDED).encoded()
SMALL = sheet("small").encoded()


def read(answer: httpx.Response) -> bool:
    """The document was read."""
    return answer.status_code == 200


def refused(words: str) -> Check:
    """422, with these words in the message."""
    return lambda answer: answer.status_code == 422 and words in answer.json()["errorMsg"]


def failed(answer: httpx.Response) -> bool:
    """500, and nothing that helps."""
    return answer.status_code == 500


def page_of(answer: httpx.Response) -> dict[str, Any]:
    """The one page that was read."""
    [page] = answer.json()["result"]["layoutParsingResults"]
    return dict(page)


@dataclass(frozen=True)
class Fault:
    """A request, what the official server answers, and what this one does.

    `like` are fields whose answer the official one must equal, where the fault is that something has no effect.
    """

    name: str
    fields: Mapping[str, Any]
    official: Check
    here: Check
    document: bytes = SMALL
    path: str = "/layout-parsing"
    like: Mapping[str, Any] | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    def asked(self) -> dict[str, Any]:
        """The JSON that is sent."""
        return dict(self.body) if self.body else Ask(self.name, self.document, self.fields).body


FAULTS = [
    Fault("`fileType` left out", {"fileType": None}, refused("File type cannot be determined"), read),
    Fault(
        "`visualize` left out",
        {"visualize": None},
        lambda answer: "outputImages" in page_of(answer),
        lambda answer: "outputImages" not in page_of(answer),
    ),
    Fault(
        "`file` as a data: URI",
        {"file": f"data:image/png;base64,{Ask('', SMALL).body['file']}"},
        refused("Invalid input file"),
        read,
    ),
    Fault("`layoutUnclipRatio` as a pair", {"layoutUnclipRatio": [1.05, 1.2]}, refused("two numbers"), read, CROWD),
    Fault(
        "`layoutThreshold` by class",
        {"layoutThreshold": {"22": 0.93, "text": 0.93}},
        read,
        read,
        CROWD,
        like={"layoutThreshold": {}},
    ),
    Fault(
        "`layoutUnclipRatio` by class",
        {"layoutUnclipRatio": {"22": [1.1, 1.0], "14": 1.1}},
        read,
        read,
        CROWD,
        like={"layoutUnclipRatio": {"99": [1.1, 1.0], "98": 1.1}},
    ),
    Fault(
        "`layoutMergeBboxesMode` by class",
        {"layoutMergeBboxesMode": {"22": "small", "14": "large"}},
        read,
        read,
        CROWD,
        like={"layoutMergeBboxesMode": {"99": "small"}},
    ),
    Fault("`layoutNms: false`", {"layoutNms": False}, read, read, CROWD, like={}),
    Fault("`repetitionPenalty`, `temperature`, `topP`", {"repetitionPenalty": 9.0}, read, read, like={}),
    Fault("`useDocUnwarping` without its model", {"useDocUnwarping": True}, failed, refused("useDocUnwarping: ")),
    Fault(
        "an unknown key in `vlmExtraArgs`",
        {"vlmExtraArgs": {"ocr_most_pixels": 9}},
        read,
        refused("vlmExtraArgs"),
        like={},
    ),
    Fault(
        "a class that does not exist",
        {"layoutThreshold": {"poem": 0.9}},
        read,
        refused("poem"),
        CROWD,
        like={"layoutThreshold": {}},
    ),
    Fault("`logId` as a number", {"logId": 5}, failed, refused("logId")),
    Fault('`outputFormats: ["docx"]`', {"outputFormats": ["docx"]}, failed, refused("outputFormats")),
    Fault(
        "`/restructure-pages` with what is no page",
        {},
        failed,
        refused("prunedResult"),
        path="/restructure-pages",
        body={"pages": [{"prunedResult": {"width": 1}}]},
    ),
]
