"""What is stored where, as a page of the settings, with the buttons that wipe it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from slmdesk.services.data_map import DataMap, StoredPlace
from slmdesk.services.privacy_report import PrivacyReport
from slmdesk.ui import format as fmt
from slmdesk.ui.file_dialogs import ask_save
from slmdesk.ui.panes.settings.column import Column, Run, Section, beside, clear
from slmdesk.ui.widgets.controls import ElidedLabel, TextButton, label, row
from slmdesk.ui.widgets.name_dialog import ask_yes


class StorageSection(Section):
    """Every kind of data with its place and size."""

    erase_requested = Signal()
    """Everything is to go when the program closes, which is to be now."""

    def __init__(self, run: Run, data_map: DataMap, report: PrivacyReport, profile: Path) -> None:
        super().__init__(run)
        self._data_map = data_map
        self._report = report
        self._profile = profile
        self.places: dict[str, QWidget] = {}
        self.total = label("", "small")
        self.erase = TextButton(self.tr("Erase everything"), kind="danger")
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(10)
        self.erase.clicked.connect(self._ask_erase)
        data_map.wiped.connect(self._on_wiped)

    def fill(self, column: Column) -> None:
        """The profile's folder, then each kind."""
        reveal = TextButton(self.tr("Open folder"))
        reveal.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._profile))))
        note = self.tr("Everything that SLMDesk keeps lies in this folder, and nothing of it leaves this computer.")
        where = QWidget()
        layout = QVBoxLayout(where)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(ElidedLabel(str(self._profile), middle=True))
        layout.addWidget(self.total)
        column.line(self.tr("Data folder"), note, reveal, where)
        column.heading(self.tr("What is stored"))
        column.add(self._list)
        column.heading(self.tr("Report"))
        write = TextButton(self.tr("Write a report"))
        write.clicked.connect(self._ask_report)
        note = self.tr("What is kept where, what may leave and what did, for whoever has to answer for data.")
        column.line(self.tr("Privacy report"), note, write)
        column.heading(self.tr("Everything"))
        note = self.tr("Removes chats, settings, tokens and all else, and closes SLMDesk. There is no way back.")
        column.line(self.tr("Erase everything"), note, self.erase)

    def _ask_report(self) -> None:
        kinds = self.tr("Text (*.md);;JSON (*.json)")
        title = self.tr("Privacy report")
        ask_save(self._list, title, "slmdesk-privacy.md", "md", kinds, self._write_report)

    def _write_report(self, path: Path) -> None:
        self.run(self._report.write(path))

    def _on_wiped(self, _key: str) -> None:
        self.run(self.refresh())

    async def refresh(self) -> None:
        """Show the places with their sizes of now."""
        found = await self._data_map.places()
        clear(self._rows)
        self.places = {place.key: self._row(place) for place in found}
        for widget in self.places.values():
            self._rows.addWidget(widget)
        self.total.setText(self.tr("{0} in all").format(fmt.bytes_moved(sum(place.bytes or 0 for place in found))))

    def _row(self, place: StoredPlace) -> QWidget:
        size = label("" if place.bytes is None else fmt.bytes_moved(place.bytes), "secondary")
        wipe = TextButton(self.tr("Wipe"))
        wipe.setAccessibleName(self.tr("Wipe: {0}").format(place.name))
        wipe.clicked.connect(lambda: self._ask_wipe(place))
        wipe.setVisible(place.wipeable)
        holder = QWidget()
        layout = row(spacing=24)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(label(place.name))
        texts.addWidget(label(place.note, "small", wrap=True))
        layout.addLayout(texts, 1)
        layout.addWidget(size)
        end = beside(1, wipe)
        end.setFixedWidth(self.theme.px(76))
        layout.addWidget(end)
        holder.setLayout(layout)
        holder.setToolTip(place.where)
        return holder

    def _ask_wipe(self, place: StoredPlace) -> None:
        ask_yes(
            self._list, self.tr("Wipe: {0}").format(place.name),
            self.tr("{0} There is no way back.").format(place.note), self.tr("Wipe"),
            lambda: self.run(self._data_map.wipe(place.key)), danger=True,
        )  # fmt: skip

    def _ask_erase(self) -> None:
        dialog = QDialog(self._list)
        dialog.setWindowTitle(self.tr("Erase everything"))
        words = self.tr(
            "All chats, settings, measurements, logs, backups and tokens of this profile are removed, and SLMDesk "
            "closes. There is no way back."
        )
        text = label(words, wrap=True)
        text.setMinimumWidth(380)
        models = QCheckBox(self.tr("The models that SLMDesk downloaded as well"))
        buttons = QDialogButtonBox()
        cancel = TextButton(self.tr("Cancel"))
        cancel.setDefault(True)
        buttons.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
        agree = TextButton(self.tr("Erase and close"), kind="danger")
        buttons.addButton(agree, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(dialog.accept)
        buttons.rejected.connect(dialog.reject)
        layout = QVBoxLayout(dialog)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        for widget in (label(self.tr("Erase everything"), "title"), text, models, buttons):
            layout.addWidget(widget)
        dialog.accepted.connect(lambda: self._erase(models=models.isChecked()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _erase(self, *, models: bool) -> None:
        self._data_map.erase_at_close(models=models)
        self.erase_requested.emit()
