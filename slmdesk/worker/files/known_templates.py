"""The known chat templates, read once from the files that come with the program."""

from __future__ import annotations

import json
import logging
from functools import cache

from slmdesk.core.resources import resource
from slmdesk.core.safety import Finding
from slmdesk.core.template_check import KnownTemplates, check_template
from slmdesk.worker.files.template_reading import read_template

log = logging.getLogger(__name__)


@cache
def known_templates() -> KnownTemplates:
    """What there is to compare with; nothing where the file is missing or damaged."""
    try:
        return KnownTemplates.from_dict(json.loads(resource("templates", "known.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the known chat templates cannot be read: %s", error)
        return KnownTemplates()


def inspect_template(source: str, family: str) -> tuple[Finding, ...]:
    """What is to be said of a model's template."""
    if not source.strip():
        return ()
    return check_template(source, read_template(source), known_templates(), family)
