"""Made weights: model folders of random numbers in exactly the official on-disk format.

They stand in for the offline PaddleOCR-VL weights in tests and benchmarks: every program that loads those loads these,
at a fraction of the size or at the true shape. What they answer depends on what they are given, but means nothing.
The layout model is the exception: it finds the panels that `scripts.made_weights.pages` paints, exactly.

    python -m scripts.made_weights FOLDER --version v1.6 --size tiny --with-preprocessing
"""

from scripts.made_weights.folder import MODEL_FOLDERS, make_weights
from scripts.made_weights.vlm.safetensors import Dtype
from scripts.made_weights.vlm.shape import Size
from scripts.made_weights.vlm.tensors import Manners

__all__ = ["MODEL_FOLDERS", "Dtype", "Manners", "Size", "make_weights"]
