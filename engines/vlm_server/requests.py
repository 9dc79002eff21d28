"""The body of a chat completion that reads one crop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engines.errors import BadOption, UnsupportedOption
from engines.settings import EngineSettings
from engines.vlm.base import Crop, VlmOptions
from engines.vlm_server.backends import BACKENDS, Backend, vlm_refusal
from engines.vlm_server.images import data_uri


class Requests:
    """Writes the bodies for the server that the settings name. Safe to use from several threads."""

    def __init__(self, settings: EngineSettings) -> None:
        self._kind = settings.vlm_backend
        self._backend: Backend = BACKENDS[settings.vlm_backend]
        self._image_format = settings.vlm_image_format
        self._refuse = vlm_refusal(settings.vlm_backend)

    def check(self, crop: Crop) -> None:
        """Refuse what the server can't honour, before anything is sent.

        Raises:
            UnsupportedOption: an option that this kind of server has no field for.
            BadOption: the prompt is empty.
        """
        options = crop.options
        if not crop.prompt.strip():
            raise BadOption("PROMPT is empty; say what to read, such as `OCR:`")
        if not options.use_cache:
            raise UnsupportedOption("use_cache: a VLM server keeps its own cache; leave it out.")
        asked = {
            "temperature": options.temperature,
            "topP": options.top_p,
            "repetitionPenalty": options.repetition_penalty,
            "skip_special_tokens": options.skip_special_tokens,
        }
        for name, value in asked.items():
            if reason := self._refuse(name, value):
                raise UnsupportedOption(reason)

    def body(self, crop: Crop) -> Callable[[str], bytes]:
        """The JSON that asks for this crop's text; the model's name is filled in last, as it may be found out late.

        Takes up to a tenth of a second of CPU for a big crop. Raises BadImage.
        """
        options = crop.options
        image = data_uri(crop.image, self._image_format, options.min_pixels, options.max_pixels)
        content = [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": crop.prompt}]
        told = {"messages": [{"role": "user", "content": content}], **self._sampling(options), **self._rest(options)}
        return lambda model: json.dumps({"model": model, **told}, ensure_ascii=False).encode()

    def _sampling(self, options: VlmOptions) -> dict[str, Any]:
        sampling: dict[str, Any] = dict(self._backend.greedy)
        if not self._backend.samples:
            return sampling
        if options.temperature is not None:
            sampling["temperature"] = options.temperature
        if options.top_p is not None:
            sampling["top_p"] = options.top_p
        return sampling

    def _rest(self, options: VlmOptions) -> dict[str, Any]:
        backend = self._backend
        rest: dict[str, Any] = {backend.limit: options.max_new_tokens}
        if backend.special_tokens:
            rest["skip_special_tokens"] = options.skip_special_tokens
        if backend.repetition_penalty and options.repetition_penalty is not None:
            rest[backend.repetition_penalty] = options.repetition_penalty
        bounds = {"min_pixels": options.min_pixels, "max_pixels": options.max_pixels}
        asked = {name: value for name, value in bounds.items() if value is not None}
        if backend.pixel_bounds and asked:
            # The crop has its final size already; this keeps the server's own bounds from changing it again.
            rest["mm_processor_kwargs"] = asked
        return rest
