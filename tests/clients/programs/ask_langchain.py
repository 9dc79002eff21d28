"""Loads a document by langchain-paddleocr, whichever of its APIs this version speaks: URL KEY DOCUMENT OPTIONS."""

import inspect
import json
import sys

from langchain_paddleocr import PaddleOCRVLLoader
from pydantic import SecretStr

url, key, document, options = sys.argv[1:]
asks_jobs = "base_url" in inspect.signature(PaddleOCRVLLoader.__init__).parameters
where = {"base_url": url} if asks_jobs else {"api_url": f"{url}/layout-parsing"}
loader = PaddleOCRVLLoader(document, access_token=SecretStr(key), **where, **json.loads(options))
documents = [{"text": found.page_content, "metadata": found.metadata} for found in loader.load()]
print(json.dumps({"jobs": asks_jobs, "documents": documents}, default=str))
