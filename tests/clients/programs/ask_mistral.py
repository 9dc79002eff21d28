"""Asks by Mistral's SDK: URL KEY DOCUMENT FIELDS."""

import base64
import json
import sys
from pathlib import Path

from mistralai.client import Mistral
from mistralai.client.errors import MistralError

url, key, document, fields = sys.argv[1:]
encoded = base64.b64encode(Path(document).read_bytes()).decode()
client = Mistral(api_key=key, server_url=url)
try:
    answer = client.ocr.process(
        model="mistral-ocr-latest",
        document={"type": "document_url", "document_url": f"data:application/pdf;base64,{encoded}"},
        **json.loads(fields),
    )
except MistralError as error:
    print(json.dumps({"error": type(error).__name__, "status": error.status_code, "message": str(error)}))
else:
    print(answer.model_dump_json())
