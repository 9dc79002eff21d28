"""The options of one page: the fields of the official HTTP API, in its camelCase."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from engines.cancellation import CancelKey
from engines.options import JsonOptions
from engines.vlm.base import MOST_PIXELS

Ratio = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PositiveInt = Annotated[int, Field(gt=0)]
Pixels = Annotated[int, Field(gt=0, le=MOST_PIXELS)]
UnclipRatio = Positive | tuple[Positive, Positive]
MergeMode = Literal["large", "small", "union"]


def _class_number(key: object) -> object:
    """JSON has only string keys: "22" is class 22; a label's name stays."""
    return int(key) if isinstance(key, str) and key.isdecimal() else key


ClassKey = Annotated[int | str, BeforeValidator(_class_number)]

DOCUMENT_OPTIONS = frozenset({"restructurePages", "mergeTables", "relevelTitles", "concatenatePages"})
"""Fields of the official API that concern a whole document; the model `restructure` takes them."""


class VlmExtraArgs(BaseModel):
    """Pixel budgets by kind of block (`vlmExtraArgs`); these keys are snake_case in the official API too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ocr_min_pixels: Pixels | None = None
    ocr_max_pixels: Pixels | None = None
    table_min_pixels: Pixels | None = None
    table_max_pixels: Pixels | None = None
    chart_min_pixels: Pixels | None = None
    chart_max_pixels: Pixels | None = None
    formula_min_pixels: Pixels | None = None
    formula_max_pixels: Pixels | None = None
    seal_min_pixels: Pixels | None = None
    seal_max_pixels: Pixels | None = None


class PageOptions(JsonOptions):
    """What a request may ask of one page. None leaves a choice to the pipeline, as in the official API.

    Dictionaries by class take class numbers or label names as keys.
    """

    model_config = ConfigDict(alias_generator=to_camel)

    use_doc_orientation_classify: bool | None = None
    use_doc_unwarping: bool | None = None
    use_layout_detection: bool | None = None
    use_chart_recognition: bool | None = None
    use_seal_recognition: bool | None = None
    use_ocr_for_image_block: bool | None = None
    layout_threshold: Ratio | dict[ClassKey, Ratio] | None = None
    layout_nms: bool | None = None
    layout_unclip_ratio: UnclipRatio | dict[ClassKey, UnclipRatio] | None = None
    layout_merge_bboxes_mode: MergeMode | dict[ClassKey, MergeMode] | None = None
    layout_shape_mode: Literal["rect", "quad", "poly", "auto"] = "auto"
    prompt_label: Literal["ocr", "formula", "table", "chart", "seal", "spotting"] | None = None
    format_block_content: bool | None = None
    repetition_penalty: Positive | None = None
    temperature: Annotated[float, Field(ge=0)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    min_pixels: Pixels | None = None
    max_pixels: Pixels | None = None
    max_new_tokens: PositiveInt | None = None
    merge_layout_blocks: bool | None = None
    markdown_ignore_labels: list[str] | None = None
    vlm_extra_args: VlmExtraArgs = VlmExtraArgs()

    prettify_markdown: bool = True
    show_formula_number: bool = False
    return_markdown_images: bool = True
    visualize: bool = False
    if_able: tuple[str, ...] = ()
    """Names of options that are left out, with a warning, where the running engine can't honour them."""

    deadline: float | None = None
    """Unix seconds after which the answer is of no use."""
    cancel_key: CancelKey | None = None
    """What the page can be cancelled by."""
    cancel: CancelKey | None = None
    """Nothing is read: the page of this key is cancelled."""

    @classmethod
    def complaint(cls, name: str, kind: str, message: str) -> str:
        """What to tell of a wrong field; those of a document are sent elsewhere."""
        if name in DOCUMENT_OPTIONS:
            return f"{name} concerns a whole document: send the pages' results to the model `restructure`"
        return super().complaint(name, kind, message)

    def predict_arguments(self) -> dict[str, Any]:
        """The keyword arguments of the official pipeline's `predict`.

        Steps before the layout are off unless asked for: None would leave one on where the other is asked for.
        """
        rendering = {"prettify_markdown", "show_formula_number", "return_markdown_images", "visualize", "if_able"}
        running = {"deadline", "cancel_key", "cancel"}
        arguments = self.model_dump(exclude=rendering | running | {"vlm_extra_args"})
        steps = {
            "use_doc_orientation_classify": self.use_doc_orientation_classify is True,
            "use_doc_unwarping": self.use_doc_unwarping is True,
        }
        extra = self.vlm_extra_args.model_dump(exclude_none=True)
        return {**arguments, **steps, "vlm_extra_args": extra, "use_queues": False}

    def chosen(self) -> dict[str, Any]:
        """The options that the request set itself, by their public names."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
