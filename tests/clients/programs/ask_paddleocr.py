"""Asks by PaddleOCR's own client of the jobs API: URL KEY DOCUMENT OPTIONS."""

import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from paddleocr import OCROptions, PaddleOCRClient, PaddleOCRVLOptions

url, key, document, options = sys.argv[1:]
with PaddleOCRClient(token=key, base_url=url) as client, tempfile.TemporaryDirectory() as folder:
    told = PaddleOCRVLOptions(**json.loads(options))
    read = client.parse_document(file_path=document, options=told, batch_id="batch")
    texts = client.ocr(file_path=document, page_ranges="1", options=OCROptions(visualize=True))
    batch = client.get_batch_status("batch")
    status = client.get_status(read.job_id)
    saved = [
        client.save_resource(address, folder, filename=f"{place}.jpg")
        for place, address in enumerate(
            address
            for address in (
                *(address for page in read.pages for address in (*page.markdown_images.values(), page.input_image_url)),
                *(page.ocr_image_url for page in texts.pages),
            )
            if address
        )
    ]
    pictures = [Path(path).read_bytes()[:3].hex() for path in saved]
print(
    json.dumps(
        {
            "read": dataclasses.asdict(read),
            "texts": dataclasses.asdict(texts),
            "batch": dataclasses.asdict(batch),
            "status": dataclasses.asdict(status),
            "pictures": pictures,
        }
    )
)
