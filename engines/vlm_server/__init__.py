"""The client of an OpenAI-compatible server of PaddleOCR-VL: requests, answers, the connection."""
