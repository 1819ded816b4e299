"""The end of a process that Python would take apart object by object first: as long as the SDK took to be imported.

`launch.py` and `language/executor.py` run this file by its path, since they import nothing of ours; for the same reason
it imports nothing of ours either.
"""

import atexit
import contextlib
import gc
import io
import os
import threading
from typing import NoReturn

_WRITERS = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


def end(status: int) -> NoReturn:
    """End as Python does but for that: threads, exit handlers, what is not written yet."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 nothing public ends threads and pools in order
    atexit._run_exitfuncs()  # noqa: SLF001 as above
    for each in gc.get_objects():
        if type(each) in _WRITERS:
            with contextlib.suppress(Exception):  # closed, or nobody reads any more
                each.flush()
    os._exit(status)
