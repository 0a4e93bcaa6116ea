"""The models on this machine: where they lie, what they are, and what a person makes of them."""

from __future__ import annotations

from slmdesk.services.library.bin import Deleted
from slmdesk.services.library.duplicates import DuplicateGroup
from slmdesk.services.library.index import Index, ScanResult
from slmdesk.services.library.library import Library
from slmdesk.services.library.places import Place, Places
from slmdesk.services.library.stores import installed_stores

__all__ = ["Deleted", "DuplicateGroup", "Index", "Library", "Place", "Places", "ScanResult", "installed_stores"]
