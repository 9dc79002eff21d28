"""A worker whose documents say what becomes of it: `python -m tests.unit.engines.page.bad_worker FD`."""

import os
import sys
import time
from multiprocessing.connection import Connection
from types import SimpleNamespace

from engines.page.document_worker import serve


def restructure(pages, _):
    match pages[0]["do"]:
        case "loop":
            while True:
                pass
        case "sleep":
            time.sleep(pages[0]["seconds"])
        case "die":
            os.abort()
        case "grow":
            held = []
            while True:
                held.append(bytes(64 << 20))
        case "fail":
            raise OSError("a secret of this machine")
    return [SimpleNamespace(result=page, markdown=str(os.getpid())) for page in pages]


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), restructure)
