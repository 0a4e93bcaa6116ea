"""Too little memory in the chat pane: one button for each thing that helps."""

from __future__ import annotations

from slmdesk.core.chat import LoadOptions
from slmdesk.core.errors import NotEnoughMemory
from slmdesk.core.fit import Remedy, RemedyKind
from slmdesk.ui.format import count
from slmdesk.ui.panes.chat import ChatPane
from tests.ui.conftest import Room, settle, until

KV = Remedy(RemedyKind.KV, "", {"cache_type_k": "q8_0", "cache_type_v": "q8_0"}, need=3 << 30)
CONTEXT = Remedy(RemedyKind.CONTEXT, "", {"context_length": 2048}, need=2 << 30)
UNLOAD = Remedy(RemedyKind.UNLOAD, "Unload Starter (1.0 GiB)", model_id="fake:Starter")
SMALLER = Remedy(RemedyKind.SMALLER, "Q4_K_M (2.0 GiB)", quantization="Q4_K_M", need=2 << 30)
HERE = Remedy(RemedyKind.SMALLER, "Starter", quantization="F16", model_id="fake:Starter")
ANYWAY = Remedy(RemedyKind.ANYWAY, "Load anyway", {"ignore_memory": True})


def refuse(room: Room, *remedies: Remedy) -> None:
    """From now on loads fail, with these remedies."""
    error = NotEnoughMemory("Not enough memory to load Other.", "Try something.")
    error.remedies = (*remedies, ANYWAY)
    room.runtime.load_error = error


def words(pane: ChatPane) -> list[str]:
    return [button.text() for button in pane.banner.remedies.buttons]


async def chosen(pane: ChatPane, room: Room, number: int) -> LoadOptions:
    """Click the remedy, now that loads work again; returns the options of the load that follows."""
    before = len(room.runtime.loads)
    room.runtime.load_error = None
    pane.banner.remedies.buttons[number].click()
    await until(lambda: len(room.runtime.loads) > before)
    await settle()
    assert not pane.banner.isVisible()
    return room.runtime.loads[-1][1]


async def test_each_remedy_has_a_button(pane: ChatPane, room: Room) -> None:
    refuse(room, KV, CONTEXT, UNLOAD, SMALLER)
    await pane.setup.choose("fake:Other")
    assert pane.banner.isVisible()
    assert words(pane) == [
        "KV cache in q8_0 (3.0 GiB)",
        f"Context of {count(2048)} tokens (2.0 GiB)",
        "Unload Starter (1.0 GiB)",
        "Take Q4_K_M (2.0 GiB)",
    ]
    assert pane.banner.action.text() == "Load anyway"
    assert not pane.banner.hint.isVisible()


async def test_a_changed_option_is_kept_with_the_chat(pane: ChatPane, room: Room) -> None:
    refuse(room, CONTEXT)
    await pane.setup.choose("fake:Other")
    options = await chosen(pane, room, 0)
    assert options == LoadOptions(context_length=2048)
    assert pane.session.head.load == {"context_length": 2048}
    assert room.loaded.get("fake:Other") is not None


async def test_another_model_is_unloaded_first(pane: ChatPane, room: Room) -> None:
    refuse(room, UNLOAD)
    await pane.setup.choose("fake:Other")
    assert room.loaded.get("fake:Starter") is not None
    await chosen(pane, room, 0)
    assert room.loaded.get("fake:Starter") is None
    assert room.loaded.get("fake:Other") is not None


async def test_a_smaller_one_here_is_taken_and_one_elsewhere_looked_for(pane: ChatPane, room: Room) -> None:
    asked: list[bool] = []
    pane.models_requested.connect(lambda: asked.append(True))
    refuse(room, SMALLER)
    await pane.setup.choose("fake:Other")
    pane.banner.remedies.buttons[0].click()
    await until(lambda: asked)
    refuse(room, HERE)
    await pane.setup.load()
    room.runtime.load_error = None
    pane.banner.remedies.buttons[0].click()
    await until(lambda: pane.session.head.model_id == "fake:Starter")


async def test_an_answer_is_written_after_the_remedy(pane: ChatPane, room: Room) -> None:
    refuse(room, CONTEXT)
    await pane.setup.choose("fake:Other")
    pane.banner.dismiss()
    await pane.talk.send("one two", ())
    await until(pane.banner.isVisible)
    await settle()
    room.runtime.load_error = None
    pane.banner.remedies.buttons[0].click()
    await until(lambda: pane.session.tree.path()[-1].finish_reason == "stop")
    assert pane.session.tree.path()[-1].text == "one two"


async def test_an_error_without_remedies_has_no_buttons(pane: ChatPane, room: Room) -> None:
    refuse(room, KV)
    await pane.setup.choose("fake:Other")
    room.runtime.load_error = NotEnoughMemory("Not enough memory.", "Close other programs.")
    await pane.setup.load()
    assert words(pane) == []
    assert pane.banner.hint.isVisible()
