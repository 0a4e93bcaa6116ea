"""Which models of the library are the same one in other quantizations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slmdesk.core.models import Model

_QUANTIZATION = re.compile(
    r"(?i)(?<![a-z0-9])(?:ud[-_.])?(?:i?q[1-8](?:_[0-9a-z]+)*|tq[12]_0|mxfp4(?:_moe)?|b?f16|f32|fp16|fp32|int[48]|[48]bit)"
    r"(?![a-z0-9])"
)
_JOINTS = re.compile(r"[\s_.\-]+")


def base_name(model: Model) -> str:
    """A model's name without its quantization, to compare with others'."""
    name = model.name.casefold()
    if model.quantization:
        name = name.replace(model.quantization.casefold(), " ")
    return _JOINTS.sub(" ", _QUANTIZATION.sub(" ", name).replace("gguf", " ")).strip()


def siblings(model: Model, models: Iterable[Model]) -> list[Model]:
    """The other quantizations of ``model``, the largest first: the same name, build and number of parameters."""
    if model.starter:
        return []
    own = base_name(model)
    low, high = 0.98 * model.parameters, 1.02 * model.parameters
    alike = [m for m in models if low <= m.parameters <= high and m.architecture == model.architecture]
    found = [m for m in alike if m.id != model.id and not m.problem and base_name(m) == own]
    return sorted(found, key=lambda m: (-m.size, m.quantization))


def sibling(model: Model, quantization: str, models: Iterable[Model]) -> Model | None:
    """The same model in one other quantization; None where it is not here."""
    return next((m for m in siblings(model, models) if m.quantization.upper() == quantization.upper()), None)
