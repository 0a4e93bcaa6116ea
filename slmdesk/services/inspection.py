"""What a model file is and whether it is safe, asked for one path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import Verdict
from slmdesk.core.safety import Finding, verdict_of
from slmdesk.services.files import Files


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an inspection found. ``problem`` says why the model cannot be used; empty for a sound one.

    ``metadata`` has every field of the file as a text to show, long ones cut.
    """

    path: Path
    facts: ModelFacts
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.SAFE
    metadata: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Inspected:
        """What the worker told. Raises ValueError for what is not of its form."""
        findings = tuple(Finding.from_dict(f) for f in data.get("findings", ()))
        return cls(
            path=Path(str(data.get("path", ""))),
            facts=ModelFacts.from_dict(data.get("facts", {})),
            findings=findings,
            verdict=verdict_of(findings),
            metadata={str(k): str(v) for k, v in data.get("metadata", {}).items()},
            problem=str(data.get("problem", "")),
        )


class Inspection:
    """Looks at single files and folders, in the worker for files."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def inspect(self, path: Path) -> Inspected:
        """What is at ``path``; a file that cannot be read has a ``problem``. Raises WorkerCrashed."""
        return Inspected.from_dict(await self._files.inspect(path))
