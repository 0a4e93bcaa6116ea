"""The README's pictures: the real window, a real conversation with the starter model, both themes, two sizes.

``python -m tests.e2e.shots FOLDER [--extra]``; ``--extra`` also takes the other panes and the small window.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from slmdesk import app
from slmdesk.desk import Desk
from slmdesk.ui.main_window import MainWindow

QUESTIONS = ("Does anything leave my computer?", "Which quantization should I choose?")
OTHERS = ("What is a KV cache?", "How do I make a new chat?", "Which shortcuts are there?")
SIZES = {"": (1280, 800), "-small": (1024, 680)}


async def settle(seconds: float = 0.6) -> None:
    await asyncio.sleep(seconds)


async def take(window: MainWindow, desk: Desk, folder: Path, *, extra: bool) -> None:
    """Talk, then photograph."""
    for text in OTHERS:
        other = await desk.conversations.create(sampling={"temperature": 0.0})
        await desk.chat.send(other.id, text)
        await desk.chat.wait(other.id)
    conversation = await desk.conversations.create(sampling={"temperature": 0.0})
    for text in QUESTIONS:
        await desk.chat.send(conversation.id, text)
        await desk.chat.wait(conversation.id)
    for theme in ("light", "dark"):
        await desk.settings.set("theme", theme)
        for suffix, size in SIZES.items():
            if suffix and not extra:
                continue
            window.resize(*size)
            pane = window.pane("chat")
            assert pane is not None
            window.show_pane("chat")
            if extra:
                await pane.new_chat()  # type: ignore[attr-defined]
                await shoot(window, folder / f"empty-{theme}{suffix}.png")
            await pane.session.open(conversation.id)  # type: ignore[attr-defined]
            await shoot(window, folder / f"chat-{theme}{suffix}.png")
            window.show_pane("models")
            models = window.pane("models")
            assert models is not None
            models.show_view("discover")  # type: ignore[attr-defined]
            await settle(2.0)  # every card is judged for this machine
            await shoot(window, folder / f"discover-{theme}{suffix}.png")
            models.show_view("library")  # type: ignore[attr-defined]
            for key in ("models", "quantize", "settings") if extra else ():  # these show paths of the machine
                window.show_pane(key)
                await shoot(window, folder / f"{key}-{theme}{suffix}.png")


async def shoot(window: MainWindow, path: Path) -> None:
    await settle()
    if not window.grab().save(str(path)):
        raise OSError(f"{path} cannot be written")
    print(path)


def main(folder: Path, *, extra: bool) -> int:
    """Open the window on a fresh profile and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)

    async def work(window: MainWindow, desk: Desk) -> None:
        try:
            await take(window, desk, folder, extra=extra)
        finally:
            window.close()

    with tempfile.TemporaryDirectory() as profile:
        tasks: list[asyncio.Task[None]] = []
        code = app.run(Path(profile), on_ready=lambda w, d: tasks.append(asyncio.ensure_future(work(w, d))))
    for task in tasks:
        task.result()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), extra="--extra" in sys.argv))
