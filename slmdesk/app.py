"""The window's face: opens a Desk, builds the panes from it, runs the loop, and shuts down in order."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QMessageBox

import slmdesk
from slmdesk.core.errors import ProfileInUse, SlmdeskError
from slmdesk.core.resources import resource
from slmdesk.desk import Desk
from slmdesk.instance import Instance
from slmdesk.services.profile import Profile
from slmdesk.ui.crash_dialog import CrashDialog
from slmdesk.ui.main_window import MainWindow
from slmdesk.ui.panes.chat import ChatPane, ChatServices
from slmdesk.ui.panes.models import ModelsPane, ModelsServices
from slmdesk.ui.panes.quantize import QuantizePane, QuantizeServices
from slmdesk.ui.panes.settings import SettingsPane, SettingsServices
from slmdesk.ui.theme import ThemeSource
from slmdesk.ui.translation import install_language
from slmdesk.ui.widgets.file_drop import FileDrop

log = logging.getLogger(__name__)


def run(folder: Path | None = None, *, on_ready: Callable[[MainWindow, Desk], Any] | None = None) -> int:
    """Open the window on a profile and stay until it is closed; returns the exit code.

    ``on_ready`` is called once the window is painted and can be typed into (benchmarks and screenshots use it).
    """
    app = application()
    profile = Profile.locate(folder)
    instance = Instance(profile.path)
    try:
        profile.check_writable()
    except SlmdeskError as error:
        return _run(app, _tell(error))
    if not instance.claim():
        if instance.raise_other():
            return 0
        silent = ProfileInUse(
            "SLMDesk is already open with this profile, but its window does not answer.",
            "End that SLMDesk, or start with another profile (--profile DIR).",
        )
        return _run(app, _tell(silent))
    try:
        return _run(app, _main(app, profile, instance, on_ready))
    finally:
        instance.release()


def application() -> QApplication:
    """The QApplication, made once per process."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("SLMDesk")
    app.setApplicationVersion(slmdesk.__version__)
    app.setDesktopFileName("slmdesk")
    app.setWindowIcon(QIcon(str(resource("icons", "slmdesk.svg"))))
    app.setQuitOnLastWindowClosed(False)  # the end is ours: answers are saved first
    return app


def _run(app: QApplication, main: Any) -> int:
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app, already_running=False)) as runner:
        return int(runner.run(main))


async def _tell(error: SlmdeskError) -> int:
    """Show why the window cannot open; in the terminal too, for whoever started it there."""
    sys.stderr.write(f"slmdesk: {error.message}\n{error.hint}\n")
    closed = asyncio.get_running_loop().create_future()
    box = QMessageBox(QMessageBox.Icon.Warning, "SLMDesk", error.message)
    box.setInformativeText(error.hint)
    box.setDetailedText(error.details)
    box.finished.connect(closed.set_result)
    if os.environ.get("QT_QPA_PLATFORM") != "offscreen":  # nobody could close it there
        box.open()
        await closed
    box.deleteLater()
    return 1


async def _main(app: QApplication, profile: Profile, instance: Instance, on_ready: Callable[..., Any] | None) -> int:
    try:
        desk = await Desk.open(profile, owner=True)
    except SlmdeskError as error:
        return await _tell(error)
    try:
        install_language(app, desk.settings.get("language"))
        window = compose(desk, ThemeSource(app))
        report = _Faults(window)
        try:
            await _live(window, desk, instance, on_ready)
        finally:
            report.close()
            await window.close_down()
            window.deleteLater()
    finally:
        await desk.close()
    return 0


def compose(desk: Desk, source: ThemeSource) -> MainWindow:
    """The window with its panes, built from a desk and wired to each other."""
    services = ChatServices(
        chat=desk.chat,
        conversations=desk.conversations,
        library=desk.library,
        loaded_models=desk.loaded_models,
        presets=desk.presets,
        settings=desk.settings,
        transfer=desk.transfer,
        attachments=desk.attachments,
        hardware=desk.hardware,
        jobs=desk.jobs,
        fits=desk.fits,
        advisor=desk.advisor,
    )
    chat = ChatPane(services)
    models = ModelsPane(
        ModelsServices(
            library=desk.library,
            loaded_models=desk.loaded_models,
            choices=desk.chat.choices,
            jobs=desk.jobs,
            network=desk.network,
            settings=desk.settings,
            folder=desk.profile.models,
            fits=desk.fits,
            inspection=desk.inspection,
            verification=desk.verification,
            downloads=desk.downloads,
            bundles=desk.bundles,
            sources=desk.sources,
            secrets=desk.secrets,
            advisor=desk.advisor,
        )
    )
    quantize = QuantizePane(QuantizeServices(desk.library, desk.quantizer, desk.runs, desk.fits))
    settings = SettingsPane(
        SettingsServices(
            settings=desk.settings,
            presets=desk.presets,
            encryption=desk.encryption,
            jobs=desk.jobs,
            network=desk.network,
            secrets=desk.secrets,
            data_map=desk.data_map,
            privacy_report=desk.privacy_report,
            profile=desk.profile.path,
        )
    )
    window = MainWindow(
        [chat, models, quantize, settings],
        source=source,
        settings=desk.settings,
        network=desk.network,
        loaded_models=desk.loaded_models,
        hardware=desk.hardware,
        jobs=desk.jobs,
    )

    def chat_with(model_id: str) -> None:
        window.show_pane("chat")
        chat.chat_with(model_id)

    def show_settings(group: str) -> None:
        settings.show_group(group)
        window.show_pane("settings")

    window.status.network.settings_requested.connect(lambda: show_settings("network"))

    def on_wiped(key: str) -> None:
        if key == "chats":
            chat.run(chat.new_chat())

    settings.erase_requested.connect(window.close)
    desk.data_map.wiped.connect(on_wiped)

    def take_in(paths: list[Path]) -> None:
        window.show_pane("models")
        models.add_paths(paths)

    FileDrop(window).dropped.connect(take_in)

    def recommend() -> None:
        window.show_pane("models")
        models.recommend()

    chat.models_requested.connect(recommend)
    models.chat_requested.connect(chat_with)
    quantize.chat_requested.connect(chat_with)
    quantize.models_requested.connect(recommend)
    return window


async def _live(
    window: MainWindow, desk: Desk, instance: Instance, on_ready: Callable[[MainWindow, Desk], Any] | None
) -> None:
    """Show the window and wait until it is closed or the program is asked to end."""
    loop = asyncio.get_running_loop()
    closed = loop.create_future()

    def end(*_: object) -> None:
        if not closed.done():
            closed.set_result(None)

    window.closed.connect(end)
    instance.raise_requested.connect(lambda: _to_front(window))
    previous = signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(end))
    try:
        window.show()
        await asyncio.sleep(0)  # lets the first paint come before the first load
        desk.hardware.start()
        desk.library.start(desk.jobs)
        desk.downloads.take_up()
        window.start()
        if on_ready is not None:
            loop.call_soon(on_ready, window, desk)
        await closed
    finally:
        signal.signal(signal.SIGTERM, previous)
        window.hide()


def _to_front(window: MainWindow) -> None:
    window.setWindowState((window.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive)
    window.show()
    window.raise_()
    window.activateWindow()


class _Faults:
    """Bugs: each is logged and shown in one dialog with text to copy; the program goes on."""

    def __init__(self, window: MainWindow) -> None:
        self._dialog = CrashDialog(window)
        self._previous = sys.excepthook
        sys.excepthook = self._on_exception
        asyncio.get_running_loop().set_exception_handler(self._on_task)

    def close(self) -> None:
        sys.excepthook = self._previous
        asyncio.get_running_loop().set_exception_handler(None)
        self._dialog.close()

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: Any) -> None:
        log.error("a bug", exc_info=(kind, error, trace))
        if not issubclass(kind, KeyboardInterrupt):
            self._dialog.show_error(error)

    def _on_task(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        message = str(context.get("message", ""))
        log.error("a bug: %s", message, exc_info=error)
        if error is not None:
            self._dialog.show_error(error, message)
