"""Runs the command: `python -m cli` is `ocr`."""

import sys

from cli.command import main

sys.exit(main())
