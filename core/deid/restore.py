"""Tags back to originals, for the viewer's eyes only."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BRACKETED = re.compile(r"\[[^\[\]\n]{1,64}\]")


def restore(text: str, originals: Mapping[str, str]) -> str:
    """Replace every tag that `originals` holds by its original, in one pass: what an original says is never read as a tag.

    Only tags exactly as written count; anything else in brackets stays.
    """
    return _BRACKETED.sub(lambda m: originals.get(m[0], m[0]), text)
