"""The models pane with 10,000 models: how soon it is open, and how long a keystroke in its search takes.

The real window on a profile whose index was filled beforehand; each figure ends when the pixels are painted.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")

import qasync
from PySide6.QtWidgets import QApplication

from slmdesk import app
from slmdesk.desk import Desk
from slmdesk.services.profile import Profile
from slmdesk.services.settings import Settings
from slmdesk.storage.database import Database
from slmdesk.storage.models import ModelStore
from slmdesk.storage.settings import SettingsStore
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.models import ModelsPane
from slmdesk.ui.panes.models.library import LibraryView
from slmdesk.ui.theme import ThemeSource
from tests.benchmarks.row import Row
from tests.ui.shelf import as_rows, entries

MODELS = 10_000
OPEN_MS = 100.0
KEY_MS = 50.0
WORDS = ("qwen3 q4_k", "gemma vision", "v1234", "mistral 23")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds until ``work`` is done and painted: by the clock, and of this thread's own work."""
    begun, worked = time.perf_counter(), time.thread_time()
    work()
    for _ in range(3):
        QApplication.sendPostedEvents()  # layout and painting; no timers, which would run other work
    return (time.perf_counter() - begun) * 1000, (time.thread_time() - worked) * 1000


async def _fill(profile: Profile, place: Path) -> None:
    database = await Database.open(profile.database)
    await ModelStore(database).put(as_rows(entries(place, MODELS)))
    settings = Settings(SettingsStore(database))
    await settings.load()
    await settings.set("model_folders", [str(place)])
    await database.close()


async def _measure(qt: QApplication, folder: Path) -> dict[str, list[tuple[float, float]]]:
    profile = Profile.locate(folder)
    profile.check_writable()
    place = folder / "elsewhere"
    place.mkdir()
    await _fill(profile, place)
    desk = await Desk.open(profile, owner=True)
    try:
        window = app.compose(desk, ThemeSource(qt))
        try:
            return await _look(window)
        finally:
            await window.close_down()
            window.deleteLater()
    finally:
        await desk.close()


async def _look(window: MainWindow) -> dict[str, list[tuple[float, float]]]:
    pane = window.pane("models")
    assert isinstance(pane, ModelsPane)
    window.resize(1280, 800)
    window.show_pane("chat")
    window.show()
    await asyncio.sleep(1.0)  # what the pane itself prepares while nothing else is to be done
    figures = {"open": [_timed(lambda: window.show_pane("models"))]}
    await asyncio.sleep(0.3)
    view = pane.current
    assert isinstance(view, LibraryView)
    assert view.table.items.rowCount() >= MODELS
    figures["again"] = []
    for _ in range(5):
        window.show_pane("chat")
        await asyncio.sleep(0.05)
        figures["again"].append(_timed(lambda: window.show_pane("models")))
    figures["key"] = []
    for words in WORDS:
        for end in range(1, len(words) + 1):
            figures["key"].append(_timed(lambda text=words[:end]: view.bar.search.setText(text)))  # type: ignore[misc]
        view.bar.clear()
        await asyncio.sleep(0.05)
    last = view.table.items.rowCount() - 2
    models = [view.table.items.model(place) for place in (0, last, last // 2, 5, last // 3)]
    figures["choose"] = [_timed(lambda m=m: view.show_model(m.id)) for m in models if m]  # type: ignore[misc]
    columns = [c.key for c in view.table.items.columns]
    keys = ("size", "publisher", "fit", "parameters", "name")
    figures["sort"] = [_timed(lambda k=k: view.table.sortByColumn(columns.index(k), view.table.horizontalHeader().sortIndicatorOrder())) for k in keys]  # type: ignore[misc]  # noqa: E501  # fmt: skip
    await asyncio.sleep(0.3)
    return figures


def run() -> list[Row]:
    """One window; medians and worst values."""
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else app.application()
    with (
        tempfile.TemporaryDirectory() as folder,
        asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(qt, already_running=False)) as runner,
    ):
        figures = runner.run(_measure(qt, Path(folder)))

    def told(name: str) -> tuple[str, float]:
        clock, own = (sorted(values) for values in zip(*figures[name], strict=True))
        text = f"median {statistics.median(clock):.0f} ms, worst {clock[-1]:.0f} ms ({own[-1]:.0f} ms its own work)"
        return text, own[-1]

    rows = []
    for name, what, limit in (
        ("open", f"opening the models pane for the first time, {MODELS:,} models", OPEN_MS),
        ("again", "opening it again", OPEN_MS),
        ("key", f"a keystroke in the search over {MODELS:,} models, {len(figures['key'])} of them", KEY_MS),
        ("choose", "choosing a model: its details", KEY_MS),
        ("sort", "sorting by size, publisher, fit, parameters, name", 2 * KEY_MS),
    ):
        text, worst = told(name)
        rows.append(Row(what, text, f"<= {limit:.0f} ms", worst <= limit))
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
