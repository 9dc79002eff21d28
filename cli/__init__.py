"""The command `ocr`: documents in, files of Markdown out, by a server that runs elsewhere."""
