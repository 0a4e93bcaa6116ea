"""A child for the survival tests: a desk on a fake runtime that streams; prints every piece with its time."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import slmdesk.desk
import slmdesk.runtimes
from slmdesk.desk import Desk
from tests.fakes import FakeRuntime, fake_model


async def main(profile: Path) -> None:
    runtime = FakeRuntime(fake_model(path=slmdesk.desk.STARTER), tokens=[f"{n} " for n in range(100_000)], delay=0.004)
    slmdesk.runtimes.runtimes = lambda *_: (runtime,)
    desk = await Desk.open(profile, owner=True)
    desk.chat.delta.connect(lambda _c, _m, text: print(time.time(), len(text), flush=True))
    conversation = await desk.conversations.create()
    await desk.chat.send(conversation.id, "go")
    await desk.chat.wait(conversation.id)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
