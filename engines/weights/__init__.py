"""The offline PaddleOCR-VL weights: what a folder holds, whether it is whole, and its manifest of checksums."""
