"""The action "Verify": is the file whole, is it what was published, does it load, and does it speak."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slmdesk.core.chat import LoadOptions, Message, Role, SamplingOptions
from slmdesk.core.errors import LoadError, NotEnoughMemory, SlmdeskError
from slmdesk.core.facts import ModelFacts
from slmdesk.core.models import Ability, Model, ModelFormat, Verdict
from slmdesk.core.progress import Progress, Report
from slmdesk.runtimes.base import LoadedModel
from slmdesk.services.files import Files
from slmdesk.services.inspection import Inspected, Inspection
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.storage.models import ModelStore

QUESTION = "Say hello in one short sentence."
_TOKENS = 48
_CONTEXT = 512
_HASHED, _LOADED = 0.8, 0.9  # shares of the whole work when the digests are made, and when the model is loaded
_BLOB = re.compile(r"(?:sha256-)?([0-9a-f]{64})")
_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")

Published = Callable[[Path], Awaitable[tuple[str, str]]]
"""The SHA-256 that a source published for a file, and the source's name; ("", "") where nothing is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a verification. ``ok`` None: it could not be done, or says nothing for or against the file."""

    name: str
    ok: bool | None
    message: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The outcome of a verification. It holds while the files keep their sizes and times.

    ``made`` in seconds since 1970. ``digest`` is the first file's SHA-256 in hexadecimal digits; ``digest_source``
    names who published an equal one ("none": nobody did, so only later changes can be seen). ``sentence`` is what the
    model said.
    """

    path: Path
    made: float
    ok: bool
    digest: str = ""
    digest_source: str = "none"
    sentence: str = ""
    steps: tuple[Step, ...] = ()
    files: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The stamp as JSON holds it."""
        return {**asdict(self), "path": str(self.path)}


class Verification:
    """Verifies models and keeps their stamps.

    ``published`` tells the digest under which a file was downloaded, where the program downloaded it.
    """

    def __init__(
        self,
        files: Files,
        loaded_models: LoadedModels,
        store: ModelStore,
        published: Published | None = None,
    ) -> None:
        self._files = files
        self._inspection = Inspection(files)
        self._loaded = loaded_models
        self._store = store
        self._published = published

    async def verify(self, model: Model, report: Report | None = None) -> Stamp:
        """Check everything about a model, and keep the outcome. ``report`` gets shares of 1.

        Steps: "header" (structure and safety), "digest", "complete" (template, tokenizer, licence), "load",
        "sentence". A step that fails ends the checks that would open the file after it. Raises WorkerCrashed,
        RuntimeUnavailable; what is wrong with the file is in the stamp.
        """
        tell = report or (lambda _: None)
        tell(Progress(0.0, 1.0, text="header"))
        inspected = await self._inspection.inspect(model.path)
        paths = tuple(Path(file) for file in inspected.facts.files) or (model.path,)
        before = await asyncio.to_thread(_stamp_of, paths)
        steps = [_header(inspected)]
        digest, source, step = "", "none", None
        if before is not None:
            digest, source, step = await self._digests(paths, tell)
            steps.append(step)
        steps.append(_completeness(inspected.facts))
        sentence = ""
        if all(step.ok is not False for step in steps):
            sentence, more = await self._try(model, inspected.facts, tell)
            steps += more
        ok = all(step.ok is not False for step in steps)
        names = tuple(str(path) for path in paths)
        stamp = Stamp(model.path, time.time(), ok, digest, source, sentence, tuple(steps), names)
        if before is not None and before == await asyncio.to_thread(_stamp_of, paths):
            await self._store.put_stamp(model.path, *before, digest, stamp.made, stamp.to_dict())
        tell(Progress(1.0, 1.0))
        return stamp

    async def stamp(self, model: Model) -> Stamp | None:
        """The stamp that still holds, or None: the model was never verified, or its files have changed since."""
        return (await self.stamps([model])).get(model.id)

    async def stamps(self, models: Sequence[Model]) -> dict[str, Stamp]:
        """The stamps that still hold, by model id. One that does not is forgotten."""
        kept = await self._store.stamps()
        found: dict[str, Stamp] = {}
        for model in models:
            entry = kept.get(model.path)
            if entry is None:
                continue
            size, mtime_ns, digest, made, result = entry
            stamp = _revived(model.path, digest, made, result)
            now = await asyncio.to_thread(_stamp_of, [Path(f) for f in stamp.files] or [model.path])
            if now == (size, mtime_ns):
                found[model.id] = stamp
            elif now is not None:  # a file that is away may come back unchanged
                await self._store.drop_stamp(model.path)
        return found

    async def _digests(self, paths: Sequence[Path], tell: Report) -> tuple[str, str, Step]:
        """The first file's digest, who published it, and the step's outcome over all files."""
        total = sum([await asyncio.to_thread(_size, path) for path in paths]) or 1
        done, first, sources = 0, "", []
        for path in paths:
            size = await asyncio.to_thread(_size, path)
            begun = done

            def told(progress: Progress, begun: int = begun) -> None:
                tell(Progress(_HASHED * (begun + progress.done) / total, 1.0, text="digest"))

            try:
                digest = await self._files.hash(path, told)
            except LoadError as error:
                return "", "none", Step("digest", ok=False, message=str(error))
            done += size
            first = first or digest
            wanted, source = await self._wanted(path)
            if wanted and wanted != digest:
                message = f"{path.name} is not the file that {source} published: its SHA-256 is another one."
                return first, source, Step("digest", ok=False, message=message)
            sources.append(source if wanted else "")
        if all(sources):
            return first, sources[0], Step("digest", ok=True, message=f"SHA-256 as published by {sources[0]}.")
        message = "No source published a digest for it, so only later changes can be seen."
        return first, "none", Step("digest", ok=None, message=message)

    async def _wanted(self, path: Path) -> tuple[str, str]:
        """The published digest of a file and its source, empty where there is none."""
        if self._published is not None:
            digest, source = await self._published(path)
            if digest:
                return digest.lower(), source
        return await asyncio.to_thread(_digest_beside, path)

    async def _try(self, model: Model, facts: ModelFacts, tell: Report) -> tuple[str, list[Step]]:
        """Load it, and let it say a sentence."""
        tell(Progress(_HASHED, 1.0, text="load"))
        runtime = next((r for r in self._loaded.runtimes if r.name == model.runtime), None)
        if runtime is None or model.format is ModelFormat.PICKLE:
            message = "There is no runtime here that could load it, so it was not tried."
            return "", [Step("load", ok=None, message=message)]
        loaded = self._loaded.get(model.id)
        keep = loaded is not None
        try:
            if loaded is None:
                loaded = await runtime.load(model, LoadOptions(context_length=_CONTEXT))
        except NotEnoughMemory as error:  # which says nothing of the file
            return "", [Step("load", ok=None, message=f"It was not tried. {error.message}")]
        except SlmdeskError as error:
            return "", [Step("load", ok=False, message=str(error))]
        steps = [Step("load", ok=True, message=f"{runtime.name} loads it.")]
        try:
            tell(Progress(_LOADED, 1.0, text="sentence"))
            if Ability.EMBEDDINGS in facts.abilities:
                return "", [*steps, Step("sentence", ok=None, message="It makes embeddings and does not write.")]
            sentence = await _say(loaded)
        except SlmdeskError as error:
            return "", [*steps, Step("sentence", ok=False, message=str(error))]
        finally:
            if not keep:
                await loaded.unload()
        if not sentence:
            return "", [*steps, Step("sentence", ok=False, message="It answered with nothing.")]
        return sentence, [*steps, Step("sentence", ok=True, message=f"It said: “{sentence}”")]


async def _say(loaded: LoadedModel) -> str:
    """What the model answers to QUESTION, on one line."""
    options = SamplingOptions(temperature=0.0, seed=1, max_tokens=_TOKENS)
    parts: list[str] = []
    async with aclosing(loaded.chat([Message(Role.USER, QUESTION)], options)) as chunks:
        async for chunk in chunks:
            parts += [chunk.text or chunk.thinking]
    return " ".join("".join(parts).split())[:300]


def _header(inspected: Inspected) -> Step:
    worst = next((f for f in inspected.findings if f.verdict is inspected.verdict), None)
    if inspected.verdict is Verdict.REFUSED and worst is not None:
        return Step("header", ok=False, message=worst.message)
    if inspected.problem:
        return Step("header", ok=False, message=inspected.problem)
    if inspected.verdict is Verdict.LOOK and worst is not None:
        return Step("header", ok=True, message=f"Sound, but look at this: {worst.message}")
    return Step("header", ok=True, message="Structure, sizes and template are sound.")


def _completeness(facts: ModelFacts) -> Step:
    """What a model needs beside its weights, and what should be said of it."""
    missing = [
        name
        for name, there in (
            ("a chat template", facts.template or Ability.EMBEDDINGS in facts.abilities),
            ("a tokenizer", facts.tokenizer or facts.vocabulary),
            ("a licence", facts.licence),
        )
        if not there
    ]
    if missing:
        return Step("complete", ok=None, message=f"It does not come with {' or '.join(missing)}.")
    return Step("complete", ok=True, message=f"Template, tokenizer and licence ({facts.licence}) are there.")


def _stamp_of(paths: Sequence[Path]) -> tuple[int, int] | None:
    """The files' bytes together, and when the last of them changed; None where one is missing."""
    try:
        statuses = [path.stat() for path in paths]
    except (OSError, ValueError):
        return None
    return sum(s.st_size for s in statuses), max(s.st_mtime_ns for s in statuses)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest_beside(path: Path) -> tuple[str, str]:
    """The digest that a store or a bundle keeps beside the file: a blob's name, or a line of SHA256SUMS."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError):
        return "", ""
    match = _BLOB.fullmatch(real.name)
    if match and real.parent.name == "blobs":
        return match[1], "Ollama" if real.name.startswith("sha256-") else "Hugging Face"
    sums = path.parent / "SHA256SUMS"
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()[:10_000] if _size(sums) < 1 << 22 else []
    except (OSError, ValueError):
        return "", ""
    for line in lines:
        told = _LINE.fullmatch(line)
        if told and told[2] == path.name:
            return told[1], "the bundle"
    return "", ""


def _revived(path: Path, digest: str, made: float, result: Mapping[str, Any]) -> Stamp:
    steps = tuple(
        Step(str(s.get("name", "")), s.get("ok"), str(s.get("message", "")))
        for s in result.get("steps", ())
        if isinstance(s, Mapping)
    )
    return Stamp(
        path=path,
        made=made,
        ok=bool(result.get("ok")),
        digest=digest,
        digest_source=str(result.get("digest_source", "none")),
        sentence=str(result.get("sentence", "")),
        steps=steps,
        files=tuple(str(f) for f in result.get("files", ())),
    )
