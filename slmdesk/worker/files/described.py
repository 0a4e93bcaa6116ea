"""What was found at a path, before it goes to the window as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slmdesk.core.facts import ModelFacts
from slmdesk.core.safety import Finding, verdict_of


@dataclass(slots=True)
class Described:
    """What was found; :meth:`to_dict` is what the worker tells."""

    facts: ModelFacts
    findings: tuple[Finding, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def to_dict(self, path: Path, *, metadata: bool = True) -> dict[str, Any]:
        """Plain values: path, facts, findings, verdict, metadata, problem."""
        return {
            "path": str(path),
            "facts": self.facts.to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
            "verdict": str(verdict_of(self.findings)),
            "metadata": self.metadata if metadata else {},
            "problem": self.problem,
        }
