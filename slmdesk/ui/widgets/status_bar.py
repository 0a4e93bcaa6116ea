"""The bar along the bottom: network state, loaded models, how busy the machine is, and the jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from slmdesk.ui import format as fmt
from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.controls import ElidedLabel, IconButton, TextButton, label

HEIGHT = 30


@dataclass(frozen=True, slots=True)
class LoadedChip:
    """A model in memory as the bar shows it; ``detail`` is quantization and runtime, ``memory_bytes`` 0 if unknown."""

    model_id: str
    name: str
    detail: str
    memory_bytes: int


class Meter(QWidget):
    """A short word with a value and a thin bar, such as ``CPU 46 %``."""

    def __init__(self, name: str, parent: QWidget | None = None, *, limit: float = 2.0) -> None:
        super().__init__(parent)
        self._name = name
        self._text = name
        self._limit = limit  # the fraction from which it is a warning
        self._fraction = 0.0
        self._theme = Theme()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def set_value(self, text: str, fraction: float) -> None:
        """Show ``text`` and fill the bar to ``fraction`` (0..1)."""
        full = f"{self._name} {text}"
        if (full, fraction) == (self._text, self._fraction):
            return
        grown = len(full) != len(self._text)
        self._text, self._fraction = full, max(0.0, min(1.0, fraction))
        self.setAccessibleDescription(full)
        if grown:
            self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.setFont(theme.font("small"))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 8 + self._theme.px(48), self._theme.px(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("text2"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)
        width = theme.px(48)
        track = QRectF(self.width() - width, self.height() / 2 - 2, width, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(track, 2, 2)
        if self._fraction > 0:
            track.setWidth(max(4.0, width * self._fraction))
            painter.setBrush(theme.color("bad" if self._fraction > self._limit else "accent"))
            painter.drawRoundedRect(track, 2, 2)


class _Chip(QFrame):
    """One loaded model with its eject button."""

    def __init__(self, chip: LoadedChip, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "chipframe")
        self.chip = chip
        self.name = label(chip.name)
        self.name.setProperty("kind", "smallstrong")
        self.detail = ElidedLabel()
        self.detail.setProperty("kind", "small")
        self.eject = IconButton("eject", self.tr("Unload {0}").format(chip.name))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 2, 0)
        layout.setSpacing(6)
        for widget in (self.name, self.detail, self.eject):
            layout.addWidget(widget)
        self.update_memory(chip.memory_bytes)

    def update_memory(self, memory_bytes: int) -> None:
        memory = fmt.memory_size(memory_bytes) if memory_bytes else ""
        text = " · ".join(part for part in (self.chip.detail, memory) if part)
        self.detail.setText(text)
        self.setToolTip(f"{self.chip.name}\n{text}")

    def set_theme(self, theme: Theme) -> None:
        self.setFixedHeight(theme.px(22))
        self.eject.set_theme(theme)
        self.eject.setFixedSize(theme.px(20), theme.px(20))
        self.eject.setIconSize(QSize(theme.px(12), theme.px(12)))


class StatusBar(QWidget):
    """What the machine and the program are doing, always in sight; it shows values and asks by signals."""

    network_clicked = Signal()
    jobs_clicked = Signal()
    eject_requested = Signal(str)
    """The id of the model to unload."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "surface")
        self.setProperty("edge", "top")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Status"))
        self._theme = Theme()
        self.network = TextButton("", kind="status")
        self.network.setToolTip(self.tr("What leaves this computer. Click for the list of connections."))
        self.jobs = TextButton("", kind="status")
        self.cpu = Meter(self.tr("CPU"))
        self.ram = Meter(self.tr("RAM"), limit=0.92)
        self.vram = Meter(self.tr("VRAM"), limit=0.97)
        self.vram.hide()
        self._chips: dict[str, _Chip] = {}
        self._chip_row = QHBoxLayout()
        self._chip_row.setSpacing(8)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 1, 12, 0)
        layout.setSpacing(14)
        layout.addWidget(self.network)
        layout.addLayout(self._chip_row)
        layout.addStretch(1)
        for widget in (self.cpu, self.ram, self.vram, self.jobs):
            layout.addWidget(widget)
        self.network.clicked.connect(self.network_clicked)
        self.jobs.clicked.connect(self.jobs_clicked)
        self._network = ("offline", 0)
        self.set_network("offline", 0)
        self.set_jobs(0, None)

    def set_network(self, state: str, connections: int) -> None:
        """``state`` is offline, local or online; ``connections`` how many are open now."""
        self._network = (state, connections)
        words = {"offline": self.tr("Offline"), "local": self.tr("Local only"), "online": self.tr("Online")}
        counted = self.tr("1 connection") if connections == 1 else self.tr("{0} connections").format(connections)
        self.network.setText(f"{words.get(state, state)} · {counted}")
        self.network.setAccessibleName(self.tr("Network: {0}, {1}").format(words.get(state, state), counted))
        self._draw_dot()

    def set_loaded(self, chips: Sequence[LoadedChip]) -> None:
        """Show the models in memory."""
        wanted = {chip.model_id: chip for chip in chips}
        for model_id in [i for i in self._chips if i not in wanted or self._chips[i].chip.name != wanted[i].name]:
            self._chips.pop(model_id).deleteLater()
        for model_id, chip in wanted.items():
            if model_id not in self._chips:
                widget = _Chip(chip, self)
                widget.eject.clicked.connect(lambda _checked=False, i=model_id: self.eject_requested.emit(i))
                widget.set_theme(self._theme)
                self._chip_row.addWidget(widget)
                self._chips[model_id] = widget
            self._chips[model_id].update_memory(chip.memory_bytes)

    def set_sample(
        self, cpu_percent: float, ram_used: int, ram_total: int, vram_used: int | None, vram_total: int | None
    ) -> None:  # fmt: skip
        """Show one reading: percent over all cores, memory in bytes."""
        self.cpu.set_value(f"{round(cpu_percent)} %", cpu_percent / 100)
        self.ram.set_value(_share(ram_used, ram_total), ram_used / ram_total if ram_total else 0)
        self.vram.setVisible(bool(vram_total))
        if vram_total:
            self.vram.set_value(_share(vram_used or 0, vram_total), (vram_used or 0) / vram_total)

    def set_jobs(self, running: int, fraction: float | None, failed: int = 0) -> None:
        """How many jobs run, how far they are together (None: not known), and how many have failed."""
        if running:
            words = self.tr("1 job") if running == 1 else self.tr("{0} jobs").format(running)
            text = words if fraction is None else f"{words} · {round(fraction * 100)} %"
        elif failed:
            text = self.tr("1 job failed") if failed == 1 else self.tr("{0} jobs failed").format(failed)
        else:
            text = self.tr("No jobs")
        self.jobs.setText(text)
        self.jobs.setAccessibleName(text)

    def set_theme(self, theme: Theme) -> None:
        """Draw in the colours of ``theme``."""
        self._theme = theme
        self.setFixedHeight(max(HEIGHT, theme.px(HEIGHT)))
        for meter in (self.cpu, self.ram, self.vram):
            meter.set_theme(theme)
        for chip in self._chips.values():
            chip.set_theme(theme)
        self._draw_dot()

    def _draw_dot(self) -> None:
        ratio = self.devicePixelRatioF()
        dot = QPixmap(round(12 * ratio), round(8 * ratio))
        dot.setDevicePixelRatio(ratio)
        dot.fill(Qt.GlobalColor.transparent)
        painter = QPainter(dot)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        tokens = {"offline": "good", "local": "accent", "online": "warn"}
        painter.setBrush(self._theme.color(tokens.get(self._network[0], "text2")))
        painter.drawEllipse(QRectF(0.5, 0.5, 7, 7))
        painter.end()
        self.network.setIcon(QIcon(dot))
        self.network.setIconSize(QSize(12, 8))


def _share(used: int, total: int) -> str:
    return f"{fmt.memory_size(used, unit=False)} / {fmt.memory_size(total)}"
