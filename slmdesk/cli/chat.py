"""``slmdesk chat``: one question, or a conversation in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from slmdesk.core.chat import FinishReason, LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import SlmdeskError
from slmdesk.core.models import Model
from slmdesk.desk import Desk
from slmdesk.runtimes.base import LoadedModel
from slmdesk.services.chat.choices import STARTER_PRESET
from slmdesk.services.chat.live import title_of
from slmdesk.services.chat.saver import Saver

LARGEST = 2**31 - 1
LAST_SEED = 2**32 - 2
"""The one after it means "any" to llama.cpp."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Declare ``chat``."""
    p = commands.add_parser(
        "chat",
        parents=[common],
        help="ask a model, or talk with it",
        description="Ask a model one question, or talk with it when no PROMPT is given.",
    )
    p.add_argument("prompt", nargs="?", metavar="PROMPT", help="the question; - reads it from standard input")
    p.add_argument("--model", metavar="ID|PATH", help="a model of the library, or a .gguf file (default: starter)")
    p.add_argument("--system", metavar="TEXT", default="", help="the system prompt")
    p.add_argument("--temperature", type=_number(0, 100), metavar="T", help="0 always takes the likeliest token")
    p.add_argument("--top-p", type=_number(0, 1), metavar="P", help="only the likeliest tokens that make up P; 1: off")
    p.add_argument("--top-k", type=_whole(0, LARGEST), metavar="K", help="only the K likeliest tokens; 0: off")
    p.add_argument("--min-p", type=_number(0, 1), metavar="P", help="none below P times the likeliest; 0: off")
    p.add_argument("--seed", type=_whole(0, LAST_SEED), metavar="N", help="the same seed gives the same answer")
    p.add_argument("--max-tokens", type=_whole(0, LARGEST), metavar="N", help="end the answer after N tokens; 0: never")
    p.add_argument("--ctx", type=_whole(0, LARGEST), metavar="N", help="context length in tokens; 0: the model's")
    p.add_argument("--gpu-layers", type=_whole(-1, LARGEST), metavar="N", help="on the graphics card; -1: all")
    p.add_argument("--json-schema", type=Path, metavar="FILE", help="the answer must be JSON of this schema")
    p.add_argument("--save", action="store_true", help="keep the chat in the profile")
    p.add_argument("--json", action="store_true", help="one JSON object per line instead of text")
    p.set_defaults(command=run)


def _whole(least: int, most: int) -> Callable[[str], int]:
    """An argument that is a whole number in a range."""

    def number(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,20}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return number


def _number(least: float, most: float) -> Callable[[str], float]:
    """An argument that is a number in a range."""

    def number(text: str) -> float:
        with suppress(ValueError):
            if least <= float(text) <= most:
                return float(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least} to {most}")

    return number


async def run(args: argparse.Namespace) -> int:
    """Answer one prompt or run the conversation."""
    sampling = _sampling(args)
    if sys.stdin is None and args.prompt in (None, "-"):  # closed by whoever started this
        raise SlmdeskError("There is no standard input to read.", "Give the question as PROMPT.")
    prompt = sys.stdin.read() if args.prompt == "-" else args.prompt
    if prompt is not None and not prompt.strip():
        raise SlmdeskError("The prompt is empty.", "Give a question, or no PROMPT at all to start a conversation.")
    desk = await Desk.open(args.profile)
    try:
        model = await _model(desk, args.model)
        loaded = await desk.loaded_models.ensure(model, _load_options(desk, args))
        if model.starter and args.temperature is None:  # as in the window: a tiny model needs a steady hand
            preset = await desk.presets.get(STARTER_PRESET)
            sampling = replace(sampling, temperature=preset.options().temperature)
        talk = _Talk(desk, model, loaded, sampling, args)
        if prompt is not None:
            await talk.ask(prompt)
        else:
            await talk.interactive()
    finally:
        await desk.close()
    return 0


async def ask_once(profile: Path | None, question: str) -> int:
    """One question to the starter model, its answer on stdout: what ``make run`` does without a display."""
    from slmdesk.cli import parser

    args = parser().parse_args(["chat", question, "--temperature", "0"])
    args.profile = profile
    return await run(args)


async def _model(desk: Desk, wanted: str | None) -> Model:
    if wanted:
        return await desk.library.find(wanted)
    return await desk.chat.choices.model(None)


def _load_options(desk: Desk, args: argparse.Namespace) -> LoadOptions:
    options = LoadOptions(threads=desk.settings.get("threads"), context_length=desk.settings.get("default_context"))
    if args.ctx is not None:
        options = replace(options, context_length=args.ctx)
    if args.gpu_layers is not None:
        options = replace(options, gpu_layers=args.gpu_layers)
    return options


def _sampling(args: argparse.Namespace) -> SamplingOptions:
    names = ("temperature", "top_p", "top_k", "min_p", "seed", "max_tokens")
    chosen = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.json_schema is not None:
        try:
            text = args.json_schema.read_text(encoding="utf-8")
            json.loads(text)
        except OSError as error:
            raise SlmdeskError(f"{args.json_schema} cannot be read: {error.strerror}.", "Check the path.") from error
        except RecursionError as error:
            raise SlmdeskError(f"{args.json_schema} is nested too deeply.", "Give a simpler JSON schema.") from error
        except ValueError as error:
            raise SlmdeskError(f"{args.json_schema} is not JSON: {error}.", "Give a JSON schema.") from error
        chosen["json_schema"] = text
    return SamplingOptions.from_dict(chosen)


class _Talk:
    """The messages so far, and how the next answer is printed."""

    def __init__(
        self, desk: Desk, model: Model, loaded: LoadedModel, sampling: SamplingOptions, args: argparse.Namespace
    ) -> None:
        self._desk, self._model, self._loaded, self._sampling = desk, model, loaded, sampling
        self._json: bool = args.json
        self._save: bool = args.save
        self._system: str = args.system
        self._messages: list[Message] = []
        self._conversation_id = ""

    async def interactive(self) -> None:
        """Read questions until end of input or an empty /bye."""
        if not self._json:
            print(f"{self._model.name}. End with Ctrl+D or /bye.")
        while True:
            line = await asyncio.to_thread(_read_line, "" if self._json else "> ")
            if line is None or line.strip() == "/bye":
                return
            if line.strip():
                try:
                    await self.ask(line)
                except SlmdeskError as error:
                    self._messages.pop()
                    print(f"{error.message} {error.hint}", file=sys.stderr)

    async def ask(self, text: str) -> None:
        """Send one message and stream the answer to stdout. Ctrl+C ends it; what was said stays."""
        parent = self._messages[-1].id if self._messages else None
        question = Message(Role.USER, text, parent_id=parent)
        self._messages.append(question)
        answer = Message(Role.ASSISTANT, "", parent_id=question.id, model=self._model.name)
        stop = asyncio.Event()
        following = asyncio.create_task(self._follow(question, answer, stop))
        try:
            await asyncio.shield(following)
        except asyncio.CancelledError:
            stop.set()  # the engine ends the answer with its figures
            await following
            raise

    async def _follow(self, question: Message, answer: Message, stop: asyncio.Event) -> None:
        saver = await self._keep(question, answer)
        head = [Message(Role.SYSTEM, self._system)] if self._system else []
        stream = self._loaded.chat([*head, *self._messages], self._sampling, stop=stop)
        try:
            async with aclosing(stream) as chunks:
                async for chunk in chunks:
                    answer = replace(
                        answer,
                        text=answer.text + chunk.text,
                        thinking=answer.thinking + chunk.thinking,
                        finish_reason=chunk.finish_reason,
                        timings=chunk.timings,
                    )
                    self._print(chunk.text, chunk.thinking)
                    if saver is not None:
                        saver.offer(answer)
            self._messages.append(answer)
            if answer.timings is not None:
                self._desk.loaded_models.note_answer(self._model.id, answer.timings)
        except SlmdeskError as error:
            answer = replace(answer, finish_reason=FinishReason.ERROR.value, error=error.message)
            raise
        finally:
            self._print_end(answer)
            if saver is not None:
                await saver.finish(answer)

    async def _keep(self, question: Message, answer: Message) -> Saver | None:
        """Put both into the profile before the first token, so that nothing said is lost however the answer ends."""
        if not self._save:
            return None
        conversations = self._desk.conversations
        if not self._conversation_id:
            conversation = await conversations.create(
                title=title_of(question.text), model_id=self._model.id, system_prompt=self._system
            )
            self._conversation_id = conversation.id
        for message in (question, answer):
            await conversations.add_message(self._conversation_id, message)
        return Saver(lambda m: conversations.save_message(self._conversation_id, m))

    def _print(self, text: str, thinking: str) -> None:
        if self._json:
            if thinking:
                print(json.dumps({"thinking": thinking}, ensure_ascii=False), flush=True)
            if text:
                print(json.dumps({"text": text}, ensure_ascii=False), flush=True)
        else:
            print(text, end="", flush=True)

    def _print_end(self, answer: Message) -> None:
        t = answer.timings
        if not self._json:
            print(flush=True)
            if t is not None and t.dropped_messages:
                print(
                    f"(The context was full: the oldest {t.dropped_messages} messages were not sent.)", file=sys.stderr
                )
            return
        end: dict[str, Any] = {"done": True, "finish_reason": answer.finish_reason}
        if t is not None:
            end |= {
                "prompt_tokens": t.prompt_tokens,
                "cached_tokens": t.cached_tokens,
                "completion_tokens": t.completion_tokens,
                "ttft_ms": round(t.ttft_ms, 1),
                "prompt_tps": round(t.prompt_tps, 1),
                "generation_tps": round(t.generation_tps, 1),
                "dropped_messages": t.dropped_messages,
            }
        if answer.error:
            end["error"] = answer.error
        print(json.dumps({**end, "model": self._model.name}, ensure_ascii=False), flush=True)


def _read_line(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None
