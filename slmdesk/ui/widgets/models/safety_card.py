"""What the safety check found in a model's files, and the stamp of the last verification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar, QVBoxLayout, QWidget

from slmdesk.core.models import Verdict
from slmdesk.core.safety import Finding
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import TextButton, label, row
from slmdesk.ui.widgets.models import words
from slmdesk.ui.widgets.models.fit_card import Pill


@dataclass(frozen=True, slots=True)
class Verified:
    """A verification as the card shows it: whether all went well, a headline, and what each step found.

    A step is good, bad, or (None) says nothing for or against the file.
    """

    good: bool
    headline: str
    steps: tuple[tuple[bool | None, str], ...] = ()


class SafetyCard(QFrame):
    """``verify_requested`` asks for a verification, ``cancel_requested`` to stop the one that runs."""

    verify_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.pill = Pill()
        self.nothing = label(self.tr("The check found nothing wrong."), "small", wrap=True)
        self.stamp = label(kind="small", wrap=True)
        self.step = label(kind="small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.verify = TextButton(self.tr("Verify"), icon_name="shield")
        self.verify.setToolTip(
            self.tr("Compares the file with its source's checksum, loads it, and has it write one sentence.")
        )
        self._verifying = False
        self._findings = QVBoxLayout()
        self._findings.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(row(label(self.tr("Safety"), "strong"), 1, self.pill))
        layout.addWidget(self.nothing)
        layout.addLayout(self._findings)
        layout.addWidget(self.stamp)
        layout.addWidget(self.bar)
        layout.addLayout(row(self.step, 1, self.verify))
        self.verify.clicked.connect(self._on_click)
        self.show_progress(None)
        self.show_stamp(None)

    def show_findings(self, verdict: Verdict, findings: Sequence[Finding] | None) -> None:
        """Show the check's result; None while it is being read."""
        self.pill.set_remark(words.verdict_remark(verdict))
        while (item := self._findings.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for finding in findings or ():
            self._findings.addWidget(_FindingLine(finding))
        counted = [f for f in findings or () if f.verdict is not Verdict.SAFE]
        self.nothing.setVisible(findings is not None and not counted and verdict is Verdict.SAFE)

    def show_stamp(self, stamp: Verified | None) -> None:
        """Show how the last verification ended; None where there was none, or the file changed since."""
        self.stamp.setVisible(stamp is not None)
        if stamp is not None:
            marks = {True: "✓", False: "✗", None: "–"}
            self.stamp.setText("\n".join((stamp.headline, *(f"{marks[ok]} {text}" for ok, text in stamp.steps))))
            self.stamp.setProperty("kind", "small" if stamp.good else "bad")
            self.stamp.style().polish(self.stamp)

    def show_progress(self, fraction: float | None, text: str = "") -> None:
        """How far a verification is (0..1); None when none runs."""
        self._verifying = fraction is not None
        self.bar.setVisible(self._verifying)
        self.bar.setRange(0, 1000)
        self.bar.setValue(round((fraction or 0) * 1000))
        self.step.setText(text)
        self.step.setVisible(self._verifying)
        self.verify.setText(self.tr("Cancel") if self._verifying else self.tr("Verify"))

    def set_can_verify(self, can: bool, why_not: str = "") -> None:
        """Whether the file can be verified now."""
        self.verify.setVisible(can or bool(why_not))
        self.verify.setEnabled(can)
        if why_not:
            self.verify.setToolTip(why_not)

    def _on_click(self) -> None:
        (self.cancel_requested if self._verifying else self.verify_requested).emit()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self.verify.set_theme(theme)


class _FindingLine(QWidget):
    """One finding: what it is, what to do about it, and the technical rest on demand."""

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        kinds = {Verdict.SAFE: "small", Verdict.LOOK: "", Verdict.REFUSED: "bad"}
        message = label(finding.message, kinds[finding.verdict], wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(message)
        if finding.hint:
            layout.addWidget(label(finding.hint, "small", wrap=True))
        if finding.details:
            more = TextButton(self.tr("Details"), kind="fold")
            details = label(finding.details, "small", wrap=True)
            details.hide()
            more.clicked.connect(lambda: details.setVisible(details.isHidden()))
            layout.addWidget(more)
            layout.addWidget(details)
        self.setAccessibleName(finding.message)
        self.setAccessibleDescription(finding.hint)
