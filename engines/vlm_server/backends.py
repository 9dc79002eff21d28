"""The kinds of VLM server, where their requests differ, and what each can't be asked for.

Importing this loads no client. Source of the fields: PaddleX, `DocVLMGenAIClientPredictor` in
`paddlex/inference/models/doc_vlm/predictor.py`; of `transformers`: `transformers/cli/serving/chat_completion.py`, which
answers 422 to fields outside OpenAI's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engines.refusals import Refusal


@dataclass(frozen=True)
class Backend:
    """How one kind of server wants to be asked.

    `limit` and `repetition_penalty` are the names of fields, the latter None where there is no such field;
    `special_tokens`: whether it can be told to leave special tokens in the text; `pixel_bounds`: whether it takes
    `mm_processor_kwargs`; `samples`: whether temperature and top_p do anything; `greedy`: what asks for the likeliest
    token.
    """

    limit: str = "max_completion_tokens"
    repetition_penalty: str | None = "repetition_penalty"
    special_tokens: bool = True
    pixel_bounds: bool = False
    samples: bool = True
    greedy: Mapping[str, float] = field(default_factory=lambda: {"temperature": 0.0})


BACKENDS: Mapping[str, Backend] = {
    "vllm": Backend(pixel_bounds=True),
    "sglang": Backend(),
    "fastdeploy": Backend(greedy={"temperature": 1.0, "top_p": 0.0}),
    "llama-cpp": Backend(limit="max_tokens", repetition_penalty="repeat_penalty", special_tokens=False),
    "transformers": Backend(repetition_penalty=None, special_tokens=False, samples=False),
    "openai": Backend(repetition_penalty=None, special_tokens=False),
}
"""By VLM_BACKEND. `openai` asks for nothing beyond OpenAI's own fields."""


def vlm_refusal(kind: str) -> Refusal:
    """What a server of this kind can't be asked for, by the public names of options."""
    backend = BACKENDS[kind]

    def refuse(name: str, value: object) -> str | None:
        """What asks for nothing that a greedy server lacks is taken: the temperature 0, `topP` 1, the penalty 1.

        `skip_special_tokens` is known here too: an option of crops, which the prompt label `spotting` sets.
        """
        if value is None:
            return None
        can = {
            "temperature": backend.samples or value == 0,
            "topP": backend.samples or value == 1,
            "repetitionPenalty": backend.repetition_penalty is not None or value == 1,
            "promptLabel": backend.special_tokens or value != "spotting",
            "skip_special_tokens": backend.special_tokens or value is True,
        }
        if can.get(name, True):
            return None
        return f"{name}: a VLM server of the kind {kind} (VLM_BACKEND) can't be asked for {value!r}; leave it out."

    return refuse
