"""What the pages of the Quantize pane share: the services they use, and words for states and figures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from slmdesk.core.models import Model, ModelFormat, Verdict
from slmdesk.core.quantization import TYPES, Precision, QuantizationType
from slmdesk.core.run_report import with_error
from slmdesk.core.runs import RowState, Run, RunRow, RunState
from slmdesk.services.fit import Fits
from slmdesk.services.library import Library
from slmdesk.services.quantizer import Quantizer
from slmdesk.services.runs import Runs
from slmdesk.ui import format as fmt

DASH = "–"
FLOATS = frozenset({"F32", "F16", "BF16"})
"""What a source is best stored as."""


@dataclass(frozen=True, slots=True)
class QuantizeServices:
    """What the pane needs of the desk."""

    library: Library
    quantizer: Quantizer
    runs: Runs
    fits: Fits | None = None


def _tr(text: str) -> str:
    return QCoreApplication.translate("Quantize", text)


def can_be_source(model: Model) -> bool:
    """Whether a model is a file that can be quantized at all."""
    return (
        model.format is ModelFormat.GGUF
        and model.runtime == "llama.cpp"
        and not model.problem
        and model.verdict is not Verdict.REFUSED
    )


def is_ternary(model: Model) -> bool:
    """Whether a model was trained with three values for a weight."""
    return "bitnet" in model.architecture.lower() or model.quantization.startswith("TQ")


def model_line(model: Model) -> str:
    """What a model is, in a line."""
    parts = [model.quantization, fmt.parameters(model.parameters), fmt.disk_size(model.size)]
    return " · ".join(part for part in parts if part)


def row_state(state: RowState) -> str:
    """A row's state in words."""
    return {
        RowState.WAITING: _tr("waiting"),
        RowState.QUANTIZING: _tr("quantizing"),
        RowState.MEASURING: _tr("measuring"),
        RowState.DONE: _tr("done"),
        RowState.FAILED: _tr("failed"),
        RowState.CANCELLED: _tr("cancelled"),
    }[state]


def run_state(run: Run) -> str:
    """A run's state in words."""
    words = {
        RunState.QUEUED: _tr("waits for the run before it"),
        RunState.RUNNING: _tr("at work"),
        RunState.PAUSED: _tr("paused"),
        RunState.DONE: _tr("done"),
        RunState.FAILED: _tr("failed"),
        RunState.CANCELLED: _tr("cancelled"),
    }[run.state]
    return _tr("{0}, from another machine").format(words) if run.imported else words


def step_words(step: str, row: RunRow | None) -> str:
    """What is being done now."""
    name = row.label if row is not None else ""
    words = {
        "digest": _tr("Reading the source to note its SHA-256"),
        "matrix": _tr("Computing the importance matrix"),
        "speed": _tr("Measuring the speed of the source"),
        "quantize": _tr("Quantizing to {0}"),
        "measure": _tr("Measuring {0}"),
    }.get(step, "")
    return words.format(name)


def left_words(seconds: float | None) -> str:
    """The time that is left, roughly."""
    if seconds is None:
        return ""
    if seconds < 90:
        return _tr("about {0} s left").format(max(1, round(seconds)))
    if seconds < 5400:
        return _tr("about {0} min left").format(round(seconds / 60))
    return _tr("about {0} h left").format(fmt.decimal(seconds / 3600, 1))


def precision_words(precision: Precision) -> str:
    """A class of precision in words."""
    return {
        Precision.ULTRA_LOW: _tr("ultra-low"),
        Precision.LOW: _tr("low"),
        Precision.MEDIUM: _tr("medium"),
        Precision.FULL: _tr("full"),
    }[precision]


def loss_words(kind: QuantizationType) -> str:
    """What a type is likely to cost, by llama.cpp's public figures, as a range between its neighbours."""
    if kind.family == "float":
        return _tr("none")
    if kind.loss is not None:
        return _range(kind.loss, kind.loss)
    known = [
        (abs(math.log(other.bits / kind.bits)), other)
        for other in TYPES.values()
        if other.loss and other.family == "K" and kind.bits
    ]
    above = min((k for k in known if k[1].bits >= kind.bits), key=lambda k: k[0], default=None)
    below = min((k for k in known if k[1].bits < kind.bits), key=lambda k: k[0], default=None)
    if above is None or below is None:
        return _tr("not known")
    low, high = sorted((above[1].loss or 0.0, below[1].loss or 0.0))
    return _range(low, high)


def _range(low: float, high: float) -> str:
    if low == high:
        return f"{low:+.3f}" if abs(low) >= 0.0005 else "0"
    return f"+{max(low, 0):.2f} … {high:.2f}"


def seconds_words(seconds: float) -> str:
    """A length of time: milliseconds below a second."""
    if seconds < 1:
        return f"{round(1000 * seconds)} ms"
    if seconds < 90:
        return f"{fmt.decimal(seconds, 1)} s"
    return _tr("{0} min").format(fmt.decimal(seconds / 60, 1))


def row_tip(run: Run, row: RunRow) -> str:
    """All the figures of a row, line by line."""
    lines = [row.label]
    judged = run.judged_row(row)
    if row.size:
        lines.append(_tr("{0}, {1} smaller").format(fmt.disk_size(row.size), f"{judged.smaller:.0%}"))
    if (q := row.quality) is not None:
        lines.append(_tr("Perplexity {0}").format(with_error(q.perplexity, q.perplexity_error)))
        tail = (f"{q.kl_mean:.5f}", f"{q.kl_median:.5f}", f"{q.kl_99:.4f}", f"{q.kl_max:.3f}")
        lines.append(_tr("KL divergence {0}, median {1}, 99 % {2}, largest {3}").format(*tail))
        shares = (f"{q.same_top:.2%}", f"{q.same_top_error:.2%}", f"{q.shift_mean:+.3%}")
        lines.append(_tr("Same top token {0} ± {1}, probability {2} on average").format(*shares))
    if (s := row.speed) is not None:
        reads = (f"{s.pp512:,.0f}", f"{s.tg128:,.1f}", f"{s.tg128_deviation:.1f}")
        lines.append(_tr("Reads {0}, writes {1} ± {2} tok/s").format(*reads))
        memory = (fmt.memory_size(s.peak_bytes), seconds_words(s.load_s))
        lines.append(_tr("At most {0} of memory, loaded in {1}").format(*memory))
    if row.predicted_memory:
        lines.append(_tr("Predicted for a chat: {0} of memory").format(fmt.memory_size(row.predicted_memory)))
    if row.error:
        lines += [row.error, row.hint]
    return "\n".join(line for line in lines if line)
