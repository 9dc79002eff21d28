from __future__ import annotations

import io
import json
import zipfile
from pathlib import PurePosixPath

import pytest

from cli.renderings import markdown, pictures, write_zip
from ocr_client import BadAnswer

from .results import result


def test_links_lead_to_where_the_pictures_are() -> None:
    images = {"imgs/a.jpg": b"1", "imgs/a.jpg.jpg": b"2", "other.jpg": b"3"}
    text = '![](imgs/a.jpg) <img src="imgs/a.jpg.jpg"/> other.jpg'
    read = result(text, images)
    assert pictures(read) == {
        PurePosixPath("a.jpg"): b"1",
        PurePosixPath("a.jpg.jpg"): b"2",
        PurePosixPath("other.jpg"): b"3",
    }
    assert (
        markdown(read, "x (1).imgs")
        == b'![](x%20%281%29.imgs/a.jpg) <img src="x%20%281%29.imgs/a.jpg.jpg"/> x%20%281%29.imgs/other.jpg'
    )
    assert markdown(read, "\udcff.imgs").startswith(b"![](%FF.imgs/a.jpg)")
    assert markdown(read) == text.encode()


@pytest.mark.parametrize(
    "name", ["../a.jpg", "imgs/../../a", "/etc/passwd", "imgs\\..\\a", "C:a", "", "a\n", "imgs/.."]
)
def test_a_server_does_not_choose_which_files_are_written(name: str) -> None:
    read = result(images={name: b"1"})
    with pytest.raises(BadAnswer):
        pictures(read)
    with pytest.raises(BadAnswer):
        write_zip(read, io.BytesIO())


def test_a_zip_has_all_of_it() -> None:
    buffer = io.BytesIO()
    write_zip(result("![](imgs/a.jpg)", {"imgs/a.jpg": b"1"}), buffer)
    with zipfile.ZipFile(buffer) as archive:
        assert archive.namelist() == ["document.md", "result.json", "imgs/a.jpg"]
        assert archive.read("document.md") == b"![](imgs/a.jpg)"
        assert archive.read("imgs/a.jpg") == b"1"
        assert json.loads(archive.read("result.json"))["pages"][0]["images"] == {"imgs/a.jpg": "MQ=="}
