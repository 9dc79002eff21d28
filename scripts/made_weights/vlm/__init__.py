"""PaddleOCR-VL of random numbers: its shape, its tokenizer, its tensors and its folder."""
