"""Asks by LiteLLM: URL KEY DOCUMENT FIELDS."""

import base64
import json
import sys
from pathlib import Path

import litellm

url, key, document, fields = sys.argv[1:]
encoded = base64.b64encode(Path(document).read_bytes()).decode()
answer = litellm.ocr(
    model="mistral/mistral-ocr-latest",
    document={"type": "document_url", "document_url": f"data:application/pdf;base64,{encoded}"},
    api_base=f"{url}/v1",
    api_key=key,
    **json.loads(fields),
)
print(answer.model_dump_json())
