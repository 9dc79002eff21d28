"""A set of pages that between them make the page pipeline do everything it can."""

from __future__ import annotations

from engines.layout.base import LABELS
from scripts.made_weights.pages import Page, Panel

EVERY_LABEL = tuple(
    Panel(
        label, (40 + 400 * (place % 2), 30 + 90 * (place // 2), 400 + 400 * (place % 2), 100 + 90 * (place // 2)), place
    )
    for place, label in enumerate(LABELS)
)

STANDARD_PAGES: tuple[Page, ...] = (
    Page("every label", 840, 1240, EVERY_LABEL),
    Page(
        "article",
        1240,
        1754,
        (
            Panel("header", (80, 40, 700, 80), 0),
            Panel("header_image", (980, 30, 1160, 100), 1),
            Panel("doc_title", (140, 140, 1100, 220), 2),
            Panel("abstract", (140, 250, 1100, 400), 3),
            Panel("paragraph_title", (80, 440, 600, 490), 4),
            Panel("text", (80, 510, 1160, 690), 5),
            Panel("display_formula", (300, 720, 900, 800), 6),
            Panel("formula_number", (1040, 730, 1140, 780), 7),
            Panel("text", (80, 830, 1160, 960), 8),
            Panel("image", (80, 990, 600, 1300), 9),
            Panel("figure_title", (80, 1310, 600, 1350), 10),
            Panel("chart", (640, 990, 1160, 1300), 11),
            Panel("vision_footnote", (640, 1310, 1160, 1350), 12),
            Panel("reference_content", (80, 1390, 1160, 1540), 13),
            Panel("footnote", (80, 1570, 900, 1620), 14),
            Panel("footer", (80, 1660, 600, 1700), 15),
            Panel("number", (1080, 1660, 1160, 1700), 16),
        ),
    ),
    Page(
        "tables",
        1000,
        1400,
        (
            Panel("table", (60, 60, 940, 500), 0),
            Panel("image", (420, 180, 620, 300), 1),
            Panel("figure_title", (60, 520, 700, 560), 2),
            Panel("table", (60, 600, 940, 1000), 3),
            Panel("seal", (640, 700, 800, 860), 4, "round"),
            Panel("chart", (200, 680, 420, 840), 5),
            Panel("table", (60, 1040, 940, 1300), 6),
        ),
    ),
    Page(
        "formulas",
        900,
        1000,
        (
            Panel("text", (60, 60, 840, 240), 0),
            Panel("inline_formula", (300, 120, 460, 170), 1),
            Panel("display_formula", (60, 280, 700, 380), 2),
            Panel("formula_number", (740, 300, 840, 350), 3),
            Panel("display_formula", (60, 420, 840, 520), 4),
            Panel("inline_formula", (60, 560, 400, 610), 5),
            Panel("algorithm", (60, 650, 840, 900), 6),
        ),
    ),
    Page(
        "charts and seals",
        1100,
        1100,
        (
            Panel("chart", (60, 60, 520, 400), 0),
            Panel("chart", (560, 60, 1040, 400), 1),
            Panel("seal", (60, 460, 360, 760), 2, "round"),
            Panel("text", (400, 460, 1040, 760), 3),
            Panel("seal", (700, 800, 960, 1060), 4),
            Panel("image", (60, 800, 600, 1060), 5),
        ),
    ),
    Page(
        "columns",
        1200,
        1600,
        (
            Panel("paragraph_title", (60, 40, 800, 90), 0),
            # Side by side and near: read as one.
            Panel("text", (60, 120, 560, 420), 1),
            Panel("text", (620, 120, 1140, 420), 2),
            # One over the other round a picture, even on the left only: read as one.
            Panel("text", (60, 480, 1140, 620), 3),
            Panel("text", (60, 640, 640, 780), 4),
            Panel("image", (680, 640, 1140, 900), 5),
            # As before, but too tall and narrow together to be one.
            Panel("text", (60, 960, 200, 1500), 6),
            Panel("text", (230, 960, 370, 1500), 7),
            Panel("vertical_text", (500, 960, 560, 1500), 8),
            Panel("content", (640, 960, 1140, 1500), 9),
        ),
    ),
    Page(
        "upwards",
        800,
        1100,
        (
            Panel("text", (60, 60, 740, 200), 5),
            Panel("text", (60, 240, 740, 380), 4),
            Panel("paragraph_title", (60, 420, 600, 470), 3),
            Panel("text", (60, 510, 740, 650), 2),
            Panel("table", (60, 690, 740, 900), 1),
            Panel("doc_title", (60, 940, 600, 1010), 0),
        ),
    ),
    Page(
        "outlines",
        1000,
        1500,
        (
            Panel("text", (60, 60, 900, 300), 0, "slanted"),
            Panel("text", (100, 340, 900, 620), 1, "tilted"),
            Panel("table", (60, 660, 940, 860), 2),
            Panel("image", (60, 900, 700, 1140), 3, "tilted"),
            Panel("aside_text", (300, 1180, 700, 1440), 4, "oval"),
            Panel("seal", (740, 1200, 960, 1420), 5, "round"),
        ),
    ),
    Page(
        "headed",
        900,
        1200,
        (
            Panel("doc_title", (60, 400, 700, 460), 0),
            Panel("text", (60, 500, 840, 800), 1),
            Panel("table", (60, 840, 840, 1140), 2),
        ),
        head=340,
    ),
    Page("blank", 700, 900),
    Page("one line", 640, 200, (Panel("text", (40, 60, 600, 120), 0),)),
    Page("landscape", 1600, 700, (Panel("text", (80, 60, 760, 600), 0), Panel("image", (840, 60, 1500, 600), 1))),
    Page(
        "small",
        420,
        360,
        (Panel("paragraph_title", (30, 20, 300, 70), 0), Panel("text", (30, 90, 390, 330), 1)),
    ),
    Page(
        "scan",
        2480,
        3508,
        (
            Panel("doc_title", (300, 200, 2200, 380), 0),
            Panel("text", (200, 480, 2280, 1100), 1),
            Panel("table", (200, 1200, 2280, 2200), 2),
            Panel("text", (200, 2300, 2280, 3200), 3),
            Panel("number", (1180, 3300, 1320, 3380), 4),
        ),
    ),
)
"""Pages of every label, of tables with figures in them, formulas, charts, seals, blocks that PaddleX's `merge_blocks`
joins, an order that is not from top to bottom, outlines that are no rectangles, a head that tells where the top is,
nothing at all, and several sizes."""


def standard_page(name: str) -> Page:
    """The page of that name. Raises KeyError."""
    return {page.name: page for page in STANDARD_PAGES}[name]
