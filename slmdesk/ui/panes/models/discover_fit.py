"""How the quantizations of a model that is not here yet would run on this machine, and which of them to take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from slmdesk.core.fit import Fit, FitLevel
from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import RemoteDetails, RemoteGroup
from slmdesk.core.remote_groups import recommended
from slmdesk.core.shape_config import shape_of_config
from slmdesk.services.fit import Fits


def fits_of(fits: Fits | None, details: RemoteDetails) -> dict[str, Fit]:
    """The fit of every GGUF quantization, by its key.

    The repository's configuration gives the shape where it holds one, else the number of parameters does.
    """
    found: dict[str, Fit] = {}
    model = details.model
    for group in details.groups if fits is not None else ():
        if group.problem or group.format is not ModelFormat.GGUF or fits is None:
            continue
        shape = shape_of_config(details.config, group.quantization, group.weights_size) if details.config else None
        fit = fits.fit_remote(
            model.parameters, group.quantization, group.weights_size, active_parameters=model.active_parameters,
            context_length=model.context_length, shape=shape if shape is not None and shape.layers else None,
        )  # fmt: skip
        if fit is not None:
            found[group.key] = fit
    return found


def best_here(
    groups: Sequence[RemoteGroup], fits: Mapping[str, Fit], runnable: Collection[ModelFormat]
) -> RemoteGroup | None:
    """What to take on this machine: the usual choice where it fits, else the largest smaller one that does.

    Where none fits: the same among those that fit with less context, then those that are slow. None where nothing
    would run.
    """
    usual = recommended([g for g in groups if g.format in runnable])
    if usual is None or usual.key not in fits:
        return usual
    for level in (FitLevel.FITS, FitLevel.LESS_CONTEXT, FitLevel.SLOW):
        fitting = [g for g in groups if g.key in fits and fits[g.key].level is level]
        if usual in fitting:
            return usual
        smaller = [g for g in fitting if g.weights_size <= usual.weights_size]
        if smaller:
            return max(smaller, key=lambda g: g.weights_size)
    return None
