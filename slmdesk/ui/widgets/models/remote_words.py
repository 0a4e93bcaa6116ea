"""How models that are somewhere else are told: the words on a card, on a model's page and beside a quantization."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from slmdesk.core.models import Ability, ParameterClass
from slmdesk.core.remote import RemoteDetails, RemoteGroup, RemoteModel
from slmdesk.ui import format as fmt
from slmdesk.ui.widgets.models.discover_cards import ResultCard
from slmdesk.ui.widgets.models.words import (
    NONE,
    Remark,
    ability_help,
    ability_name,
    class_name,
    class_range,
    day,
    format_name,
)

SMALL_BELOW = 4.2
"""Bits per weight below which a quantization counts as small; quality falls off quickly there."""
LARGE_FROM = 6.2
"""Bits per weight from which it counts as large; hardly anything is won above."""


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Discover", text)


def one_line(text: str, longest: int = 300) -> str:
    """A stranger's text as it can stand in one line: no breaks, control characters or changes of direction."""
    cut = text[: 4 * longest]
    flat = " ".join("".join(char if char.isprintable() else " " if char.isspace() else "" for char in cut).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def short_count(number: int) -> str:
    """A count in at most four characters and a letter: ``980``, ``12 k``, ``1.2 M``."""
    locale = QLocale()
    if number < 1_000:
        return locale.toString(number)
    if number < 999_500:
        return f"{locale.toString(number / 1e3, 'f', 1 if number < 9_950 else 0)} k"
    return f"{locale.toString(number / 1e6, 'f', 1 if number < 99_500_000 else 0)} M"


def class_remark(parameters: int) -> Remark:
    """The badge of the size class; none where the size is not known."""
    if not parameters:
        return NONE
    size = ParameterClass.of(parameters)
    return Remark(class_name(size), "accent", tr("{0}: {1}").format(class_name(size), class_range(size)))


def size_words(parameters: int, active: int) -> str:
    """``8.0 B parameters``, with the active ones where they are fewer."""
    if not parameters:
        return ""
    words = tr("{0} parameters").format(fmt.parameters(parameters))
    if 0 < active < parameters * 0.95:
        words += tr(", {0} active").format(fmt.parameters(active))
    return words


def context_words(tokens: int) -> str:
    """``context 32,768``; empty where it is not known."""
    return tr("context {0}").format(fmt.count(tokens)) if tokens else ""


def chips_of(model: RemoteModel) -> tuple[Remark, ...]:
    """Gated, licence, abilities, formats."""
    found = []
    if model.gated:
        found.append(Remark(tr("Gated"), "warn", tr("Gated: its publisher asks who downloads it.")))
    if model.licence:
        licence = one_line(model.licence, 60)
        found.append(Remark(licence, "", tr("Licence: {0}").format(licence)))
    found += [Remark(ability_name(a), "", ability_help(a)) for a in Ability if a in model.abilities]
    found += [Remark(format_name(f)) for f in sorted(model.formats) if not model.recommended]
    return tuple(found)


def stats_of(model: RemoteModel) -> str:
    """Downloads and the day of the last change."""
    parts = []
    if model.downloads:
        parts.append(tr("{0} downloads").format(short_count(model.downloads)))
    if model.updated:
        parts.append(day(model.updated))
    return " · ".join(parts)


def card_of(model: RemoteModel, fit: Remark = NONE, *, here: bool = False) -> ResultCard:
    """A model of a search as its card; ``here``: something of it is on this machine already."""
    facts = (
        model.publisher, model.family if model.family.casefold() not in model.name.casefold() else "",
        size_words(model.parameters, model.active_parameters), context_words(model.context_length),
    )  # fmt: skip
    return ResultCard(
        ref=model.ref,
        name=one_line(model.name, 200),
        badge=class_remark(model.parameters),
        fit=fit,
        facts=one_line(" · ".join(f for f in facts if f)),
        summary=one_line(model.summary or _from_tags(model)),
        chips=((Remark(tr("On this machine"), "good"),) if here else ()) + chips_of(model),
        stats=stats_of(model),
    )


def _from_tags(model: RemoteModel) -> str:
    """What a repository without a summary is: what it was made from, and what it is for."""
    made_from = [t.removeprefix("base_model:") for t in model.tags if t.startswith("base_model:")]
    plain = [name for name in made_from if ":" not in name]
    parts = [tr("From {0}").format(plain[0]) if plain else "", task_name(model.task)]
    return " · ".join(p for p in parts if p)


def task_name(task: str) -> str:
    """A hub's task in words; an unknown one as the hub writes it."""
    return {
        "text-generation": tr("Text and chat"),
        "image-text-to-text": tr("Pictures and text"),
        "feature-extraction": tr("Embeddings"),
        "sentence-similarity": tr("Embeddings"),
    }.get(task, task)


def facts_of(details: RemoteDetails) -> list[tuple[str, str]]:
    """What is known of a repository, as pairs of a name and a value."""
    model = details.model
    pairs = [
        (tr("Publisher"), model.publisher),
        (tr("Family"), model.family),
        (tr("Parameters"), size_words(model.parameters, model.active_parameters)),
        (tr("Class"), class_name(model.parameter_class) if model.parameters else ""),
        (tr("Context"), tr("{0} tokens").format(fmt.count(model.context_length)) if model.context_length else ""),
        (tr("Licence"), model.licence),
        (tr("Abilities"), ", ".join(ability_name(a) for a in Ability if a in model.abilities)),
        (tr("Task"), task_name(model.task)),
        (tr("Made from"), ", ".join(details.base_models)),
        (tr("Updated"), day(model.updated)),
        (tr("Downloads"), short_count(model.downloads) if model.downloads else ""),
        (tr("Likes"), short_count(model.likes) if model.likes else ""),
        (tr("Commit"), details.commit[:10]),
    ]
    return [(name, one_line(value)) for name, value in pairs if value]


def shelf_of(group: RemoteGroup) -> str:
    """The key of the heading that a quantization stands under: small, balanced, large, or other."""
    bits = group.bits_per_weight
    if not bits:
        return "other"
    return "small" if bits < SMALL_BELOW else "large" if bits >= LARGE_FROM else "balanced"


def shelf_name(key: str) -> tuple[str, str]:
    """A heading over quantizations, and what it means."""
    return {
        "small": (tr("Small"), tr("least memory, noticeably weaker answers")),
        "balanced": (tr("Balanced"), tr("nearly as good as the original, a fraction of its size")),
        "large": (tr("Large"), tr("as good as the original, needs much memory")),
    }.get(key, (tr("Other files"), ""))


def group_name(group: RemoteGroup) -> str:
    """What a row of the list of quantizations is called."""
    return one_line(group.quantization or group.key, 60)


def part_words(group: RemoteGroup) -> str:
    """How many files it is, where it is more than one."""
    return tr("{0} files").format(len(group.files)) if len(group.files) > 1 else ""


def comparison_of(models: list[RemoteModel], fits: list[Remark]) -> list[tuple[str, list[str]]]:
    """Facts of several models as rows: a name, and a value for each; rows that no model knows are left out."""
    rows = [
        (tr("Publisher"), [m.publisher for m in models]),
        (tr("Family"), [m.family for m in models]),
        (tr("Class"), [class_name(m.parameter_class) if m.parameters else "" for m in models]),
        (tr("Parameters"), [fmt.parameters(m.parameters) for m in models]),
        (tr("Active parameters"), [fmt.parameters(m.active_parameters) for m in models]),
        (tr("Here, as Q4_K_M"), [fit.words for fit in fits]),
        (tr("Context"), [fmt.count(m.context_length) if m.context_length else "" for m in models]),
        (tr("Licence"), [m.licence for m in models]),
        (tr("Access"), [tr("Gated") if m.gated else tr("Open") for m in models]),
        (tr("Abilities"), [", ".join(ability_name(a) for a in Ability if a in m.abilities) for m in models]),
        (tr("Formats"), [", ".join(format_name(f) for f in sorted(m.formats)) for m in models]),
        (tr("Updated"), [day(m.updated) for m in models]),
        (tr("Downloads"), [short_count(m.downloads) if m.downloads else "" for m in models]),
        (tr("Likes"), [short_count(m.likes) if m.likes else "" for m in models]),
        (tr("In short"), [m.summary for m in models]),
    ]
    told = [(name, [one_line(value, 400) or "–" for value in values]) for name, values in rows if any(values)]
    tips = [fit.tip for fit in fits]
    at = next((n for n, (name, _) in enumerate(told) if name == tr("Here, as Q4_K_M")), -1)
    return [*told[: at + 1], (tr("Memory and speed"), tips), *told[at + 1 :]] if any(tips) else told
