"""``python -m slmdesk``: the same as the ``slmdesk`` command."""

from __future__ import annotations

import sys

from slmdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
