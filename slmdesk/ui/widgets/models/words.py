"""What a model's properties are called in the window, and in which tone a remark is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from slmdesk.core.fit import Fit, FitLevel, Remedy, RemedyKind
from slmdesk.core.models import Ability, Home, Model, ModelFormat, ParameterClass, Verdict
from slmdesk.ui import format as fmt


@dataclass(frozen=True, slots=True)
class Remark:
    """A few words on a coloured ground: ``tone`` is good, warn, bad, accent or empty; ``tip`` says more."""

    words: str
    tone: str = ""
    tip: str = ""


NONE = Remark("")

_FIT_TONES = {FitLevel.FITS: "good", FitLevel.LESS_CONTEXT: "warn", FitLevel.SLOW: "warn", FitLevel.TOO_BIG: "bad"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Models", text)


def class_name(value: ParameterClass) -> str:
    """A size class as a person reads it."""
    return {
        ParameterClass.BELOW: _tr("Below SLM"),
        ParameterClass.MICRO: _tr("Micro"),
        ParameterClass.SMALL: _tr("Small"),
        ParameterClass.MEDIUM: _tr("Medium"),
        ParameterClass.LLM: _tr("LLM"),
    }[value]


def class_range(value: ParameterClass) -> str:
    """Which models belong to a size class."""
    return {
        ParameterClass.BELOW: _tr("fewer than 0.1 billion parameters"),
        ParameterClass.MICRO: _tr("0.1 to 1.5 billion parameters"),
        ParameterClass.SMALL: _tr("1.5 to 14 billion parameters"),
        ParameterClass.MEDIUM: _tr("14 to 30 billion parameters"),
        ParameterClass.LLM: _tr("more than 30 billion parameters"),
    }[value]


def short_name(model: Model) -> str:
    """A model's name without the quantization at its end, where that is said beside it."""
    end = model.quantization
    if end and len(model.name) > len(end) + 1 and model.name[-len(end) :].casefold() == end.casefold():
        return model.name[: -len(end)].rstrip(" -_.")
    return model.name


def class_of(model: Model) -> str:
    """The name of a model's size class; empty where its size is not known."""
    return class_name(model.parameter_class) if model.parameters else ""


def ability_name(value: Ability) -> str:
    """An ability in one word."""
    return {
        Ability.TOOLS: _tr("Tools"),
        Ability.THINKING: _tr("Thinking"),
        Ability.VISION: _tr("Vision"),
        Ability.EMBEDDINGS: _tr("Embeddings"),
    }[value]


def ability_help(value: Ability) -> str:
    """What an ability is good for."""
    return {
        Ability.TOOLS: _tr("Can call functions that a program offers it"),
        Ability.THINKING: _tr("Thinks in words before it answers"),
        Ability.VISION: _tr("Understands pictures"),
        Ability.EMBEDDINGS: _tr("Turns text into numbers for searching and comparing"),
    }[value]


def abilities_of(abilities: frozenset[Ability]) -> str:
    """All abilities in their usual order."""
    return ", ".join(ability_name(a) for a in Ability if a in abilities)


def format_name(value: ModelFormat) -> str:
    """A file format's own name."""
    return {
        ModelFormat.GGUF: "GGUF",
        ModelFormat.SAFETENSORS: "safetensors",
        ModelFormat.ONNX: "ONNX",
        ModelFormat.MLX: "MLX",
        ModelFormat.OLLAMA: "Ollama",
        ModelFormat.PICKLE: _tr("Pickle"),
    }[value]


def store_name(key: str) -> str:
    """Whose folder a model lies in."""
    return {
        "own": _tr("My models"),
        "folder": _tr("Folder"),
        "huggingface": "Hugging Face",
        "lmstudio": "LM Studio",
        "jan": "Jan",
        "gpt4all": "GPT4All",
        "ollama": "Ollama",
        "foundry": "Foundry Local",
    }.get(key, key)


def where(model: Model, folders: Sequence[Path] = ()) -> str:
    """The stores of a model's homes, each once, or which of a person's own ``folders``; the runtime of one without."""
    if model.starter:
        return _tr("With SLMDesk")
    return ", ".join(dict.fromkeys(_where(home, folders) for home in model.homes)) or model.runtime


def _where(home: Home, folders: Sequence[Path]) -> str:
    if home.store == "folder":
        for folder in folders:
            if home.path.is_relative_to(folder):
                return folder.name or str(folder)
    return store_name(home.store)


def parameters_of(model: Model) -> str:
    """Total parameters, and those that work on one token where they are fewer."""
    total = fmt.parameters(model.parameters)
    if 0 < model.active_parameters < model.parameters * 0.95:
        return _tr("{0}, {1} active").format(total, fmt.parameters(model.active_parameters))
    return total


def bits(value: float) -> str:
    """Bits per weight with one or two decimals; empty where they are not known."""
    return QLocale().toString(value, "f", 2 if value < 10 else 1) if value > 0 else ""


def day(moment: float) -> str:
    """A date as the locale writes it; empty for none."""
    if moment <= 0:
        return ""
    date = datetime.fromtimestamp(moment).astimezone().date()
    return QLocale().toString(QDate(date.year, date.month, date.day), QLocale.FormatType.ShortFormat)


def fit_label(level: FitLevel, *, partly_on_cpu: bool = False) -> str:
    """The words of the fit pill."""
    if level is FitLevel.SLOW and partly_on_cpu:
        return _tr("Slow: partly on CPU")
    return {
        FitLevel.FITS: _tr("Fits"),
        FitLevel.LESS_CONTEXT: _tr("Fits with less context"),
        FitLevel.SLOW: _tr("Slow"),
        FitLevel.TOO_BIG: _tr("Too big"),
    }[level]


def level_remark(level: FitLevel) -> Remark:
    """The fit pill without its numbers."""
    return Remark(fit_label(level), _FIT_TONES[level])


def fit_remark(fit: Fit) -> Remark:
    """The fit pill, with the numbers in its tooltip."""
    words = fit_label(fit.level, partly_on_cpu=fit.partly_on_cpu)
    return Remark(words, _FIT_TONES[fit.level], fit_numbers(fit))


def fit_numbers(fit: Fit) -> str:
    """What a model needs, what is free, and how fast it will be, line by line."""
    need = fit.need
    lines = [
        _tr("Needs {0}: weights {1}, KV cache {2}, buffers {3}").format(
            fmt.memory_size(need.total), fmt.memory_size(need.weights), fmt.memory_size(need.kv),
            fmt.memory_size(need.compute + need.overhead),
        ),
    ]  # fmt: skip
    if need.context_length:
        lines[0] += _tr(", with a context of {0} tokens").format(fmt.count(need.context_length))
    free = _tr("{0} of memory free").format(fmt.memory_size(max(0, fit.free)))
    if fit.vram_free:
        free += _tr(", {0} on the graphics card").format(fmt.memory_size(fit.vram_free))
    lines.append(free)
    if fit.vram_free and fit.layers:
        lines.append(_tr("{0} of {1} layers on the graphics card").format(fit.gpu_layers, fit.layers))
    if fit.level is FitLevel.LESS_CONTEXT and fit.fitting_context:
        lines.append(_tr("Fits with a context of {0} tokens").format(fmt.count(fit.fitting_context)))
    if fit.needs_unload:
        lines.append(_tr("Only when another model is unloaded first"))
    if fit.generation_tps:
        words = _tr("About {0} tok/s answering, {1} tok/s reading")
        lines.append(words.format(fmt.decimal(fit.generation_tps, 1), fmt.count(round(fit.prompt_tps))))
    if not fit.exact:
        lines.append(_tr("Estimated from the number of parameters"))
    return "\n".join(lines)


def verdict_remark(verdict: Verdict) -> Remark:
    """What the safety check says, as a pill."""
    return {
        Verdict.SAFE: Remark(_tr("Safe"), "good", _tr("The safety check found nothing wrong with the file.")),
        Verdict.LOOK: Remark(_tr("Look at this"), "warn", _tr("The safety check found something you should know.")),
        Verdict.REFUSED: Remark(_tr("Refused"), "bad", _tr("The safety check refuses to load this file.")),
    }[verdict]


def remedy_words(remedy: Remedy) -> str:
    """What a button says that does what a remedy proposes."""
    need = f" ({fmt.memory_size(remedy.need)})" if remedy.need else ""
    options = remedy.options
    if remedy.kind is RemedyKind.SMALLER:
        return _tr("Take {0}").format(remedy.quantization) + need
    if remedy.kind is RemedyKind.CONTEXT:
        words = _tr("Context of {0} tokens").format(fmt.count(int(options.get("context_length", 0))))
        kv = _tr(", KV cache in {0}").format(options["cache_type_k"]) if "cache_type_k" in options else ""
        return words + kv + need
    if remedy.kind is RemedyKind.KV:
        return _tr("KV cache in {0}").format(options.get("cache_type_k", "q8_0")) + need
    if remedy.kind is RemedyKind.SLOTS:
        slots = int(options.get("slots", 1))
        return (_tr("1 slot") if slots == 1 else _tr("{0} slots").format(slots)) + need
    if remedy.kind is RemedyKind.UNLOAD:
        return _tr("Unload {0}").format(remedy.label.removeprefix("Unload "))
    return _tr("Load anyway")
