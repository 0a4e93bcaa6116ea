"""A library full of invented models, written into a profile's index as a scan would have left them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slmdesk.core.file_entry import FileEntry
from slmdesk.core.models import Verdict

_KINDS: tuple[tuple[str, str, str, str, tuple[int, ...], int, list[str]], ...] = (
    ("Qwen3-{}", "qwen3", "Qwen", "Qwen", (596, 1720, 4022, 8190), 40_960, ["tools", "thinking"]),
    ("Llama-3.2-{}-Instruct", "llama", "Llama", "Meta", (1236, 3213), 131_072, ["tools"]),
    ("gemma-3-{}-it", "gemma3", "Gemma", "Google", (1000, 4300, 12_190, 27_430), 131_072, ["vision"]),
    ("SmolLM2-{}-Instruct", "llama", "SmolLM", "HuggingFaceTB", (135, 1711), 8192, []),
    ("Phi-4-mini-{}", "phi3", "Phi", "Microsoft", (3836,), 131_072, ["tools"]),
    ("Mistral-Small-{}", "llama", "Mistral", "Mistral AI", (23_572,), 131_072, ["tools"]),
)
_BITS = {"Q2_K": 3.2, "Q4_0": 4.6, "Q4_K_M": 4.9, "Q5_K_M": 5.7, "Q6_K": 6.6, "Q8_0": 8.5, "F16": 16.0}


def entry(path: Path, place: Path, store: str = "folder", *, number: int = 1, **summary: Any) -> FileEntry:
    """One model file as a scan keeps it; ``summary`` changes or adds what the list shows of its facts."""
    facts: dict[str, Any] = {
        "format": "gguf", "architecture": "llama", "family": "Llama", "publisher": "", "parameters": 1_000_000_000,
        "context_length": 4096, "quantization": "Q4_K_M", "bits_per_weight": 4.9, "abilities": [],
        "verdict": str(Verdict.SAFE), "problem": "", "folder": False, "weights": [path.name],
    }  # fmt: skip
    facts |= summary
    size = int(facts["parameters"] * facts["bits_per_weight"] / 8)
    return FileEntry(
        path, place, store, (path.stem,), (path.name,), size, 10**18 + number, number, 1,
        publisher=str(facts["publisher"]), added=1.7e9 + number, summary=facts,
    )  # fmt: skip


def entries(place: Path, count: int, store: str = "folder", first: int = 1) -> list[FileEntry]:
    """So many models with names, sizes and quantizations as people have them."""
    chance = random.Random(7)
    found = []
    for number in range(first, first + count):
        kind, architecture, family, publisher, sizes, context, abilities = chance.choice(_KINDS)
        millions = chance.choice(sizes)
        size = f"{millions / 1000:.1f}B" if millions >= 1000 else f"{millions}M"
        quantization, bits = chance.choice(list(_BITS.items()))
        path = place / publisher.replace(" ", "") / f"{kind.format(size)}-v{number}-{quantization}.gguf"
        found.append(
            entry(
                path, place, store, number=number, architecture=architecture, family=family, publisher=publisher,
                parameters=millions * 1_000_000, context_length=context, quantization=quantization,
                bits_per_weight=bits, abilities=abilities, licence="apache-2.0",
            )
        )  # fmt: skip
    return found


def as_rows(found: Sequence[FileEntry]) -> list[tuple[FileEntry, dict[str, Any], list[Any]]]:
    """The entries as :meth:`ModelStore.put` takes them."""
    return [(item, {"format": "gguf", "parameters": item.summary["parameters"]}, []) for item in found]
