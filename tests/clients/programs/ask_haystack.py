"""Converts a document by paddleocr-haystack, whichever of its APIs this version speaks: URL KEY DOCUMENT OPTIONS."""

import inspect
import json
import os
import sys

from haystack.utils import Secret
from haystack_integrations.components.converters.paddleocr import PaddleOCRVLDocumentConverter

url, key, document, options = sys.argv[1:]
os.environ["TOKEN"] = key
asks_jobs = "base_url" in inspect.signature(PaddleOCRVLDocumentConverter.__init__).parameters
where = {"base_url": url} if asks_jobs else {"api_url": f"{url}/layout-parsing"}
converter = PaddleOCRVLDocumentConverter(access_token=Secret.from_env_var("TOKEN"), **where, **json.loads(options))
result = converter.run(sources=[document])
print(json.dumps({"jobs": asks_jobs, "documents": [found.content for found in result["documents"]]}))
