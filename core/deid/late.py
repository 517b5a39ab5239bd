"""Patterns that few texts need, compiled when the first does: compiling them all would be a good part of the time to load."""

from __future__ import annotations

import re
from functools import cached_property


class Late:
    """A pattern on call; `compiled` is the pattern itself."""

    def __init__(self, source: str, flags: re.RegexFlag = re.NOFLAG) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """Compiled once."""
        return re.compile(self._source, self._flags)
