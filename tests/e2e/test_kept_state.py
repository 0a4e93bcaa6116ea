"""A chat's cache survives a restart, and goes with the chat."""

from __future__ import annotations

from pathlib import Path

from slmdesk.desk import Desk


async def talk(desk: Desk, conversation_id: str, text: str) -> int:
    await desk.chat.send(conversation_id, text)
    await desk.chat.wait(conversation_id)
    answer = (await desk.chat.open(conversation_id)).path()[-1]
    assert answer.timings is not None
    assert answer.error == ""
    return answer.timings.cached_tokens


async def test_a_chat_answers_from_its_kept_state_after_a_restart(profile_dir: Path, starter: Path) -> None:
    states = profile_dir / "cache" / "state"
    async with Desk.opened(profile_dir) as desk:
        conversation = await desk.conversations.create(sampling={"temperature": 0.0})
        await talk(desk, conversation.id, "What is a small language model?")
        await talk(desk, conversation.id, "What is a token?")
    assert len(list(states.glob("*.kv"))) == 1
    async with Desk.opened(profile_dir) as desk:
        cached = await talk(desk, conversation.id, "Thanks")
    assert cached > 30, "everything said before came from the kept state"
    async with Desk.opened(profile_dir) as desk:
        await desk.settings.set("keep_state", False)  # noqa: FBT003
        other = await desk.conversations.create()
        assert await talk(desk, other.id, "Hello") == 0
        await desk.conversations.purge(conversation.id)
        await desk.chat.kept_state.prune()
    assert list(states.glob("*")) == [], "a chat that is gone leaves no state behind"
