"""Where the files that come with the program are: beside the package, inside the wheel, or in the frozen folder."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``resource("themes", "tokens.json")``.

    A path only; whether it is there is for the caller to see. Frozen programs keep the files in ``resources`` beside
    the executable's modules, wheels in ``slmdesk/_resources``, a checkout in ``resources``.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    package = Path(__file__).resolve().parent.parent
    roots = [Path(frozen) / "resources"] if frozen else [package / "_resources", package.parent / "resources"]
    for root in roots:
        found = root.joinpath(*parts)
        if found.exists():
            return found
    return roots[-1].joinpath(*parts)
