"""The HTTP gateway: documents in, Markdown out, the pages read by Triton.

It knows no model and imports none: the modules that render pages run in processes of their own (`gateway.pages`) and
import this package too, so nothing heavy may be imported here.
"""

__version__ = "0.1.0"
