"""What a transcript shows of one message, and the words for its figures."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale

from slmdesk.core.chat import FinishReason, Message, Role, Timings


@dataclass(frozen=True, slots=True)
class TranscriptMessage:
    """A message and its place: the ``index`` (from 0) of ``count`` versions.

    ``dropped`` means that it was left out of what the model read, because the context was full.
    """

    message: Message
    index: int = 0
    count: int = 1
    dropped: bool = False


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Transcript", text)


def duration(milliseconds: float) -> str:
    """A time in words: ms below one second, then seconds, then minutes."""
    locale = QLocale()
    if milliseconds < 999.5:
        return tr("{0} ms").format(locale.toString(round(milliseconds)))
    seconds = milliseconds / 1000
    if seconds < 99.95:
        return tr("{0} s").format(locale.toString(float(seconds), "f", 1))
    minutes, rest = divmod(round(seconds), 60)
    return tr("{0} min {1} s").format(locale.toString(minutes), locale.toString(rest))


def speed(tokens_per_second: float) -> str:
    """A speed in tokens per second, with one decimal below 100."""
    digits = 1 if tokens_per_second < 99.95 else 0
    return tr("{0} tok/s").format(QLocale().toString(float(tokens_per_second), "f", digits))


def finish_words(reason: str) -> str:
    """Why an answer ended, or nothing where it simply came to its end."""
    return {
        FinishReason.LENGTH.value: tr("Stopped at the token limit"),
        FinishReason.CONTEXT.value: tr("Stopped: the context is full"),
        FinishReason.CANCELLED.value: tr("Stopped by you"),
        FinishReason.ERROR.value: tr("Broke off"),
    }.get(reason, "")


def figures(message: Message) -> list[str]:
    """The figures of an answer and why it ended, in the order in which they are shown."""
    timings = message.timings
    parts = _timing_parts(timings) if timings else []
    reason = finish_words(message.finish_reason)
    if reason and message.finish_reason != FinishReason.ERROR:
        parts.append(reason[0].lower() + reason[1:])
    return parts


def _timing_parts(timings: Timings) -> list[str]:
    locale = QLocale()
    parts = []
    if timings.completion_tokens:
        parts.append(tr("{0} tokens").format(locale.toString(timings.completion_tokens)))
    if timings.generation_tps > 0:
        parts.append(speed(timings.generation_tps))
    if timings.ttft_ms > 0:
        parts.append(tr("first token {0}").format(duration(timings.ttft_ms)))
    if timings.prompt_tps > 0:
        parts.append(tr("prompt {0}").format(speed(timings.prompt_tps)))
    return parts


def figures_in_full(message: Message) -> str:
    """The figures of an answer with their names, one per line, for a tooltip."""
    timings = message.timings
    if timings is None:
        return ""
    locale = QLocale()
    lines = [tr("Model: {0}").format(message.model)] if message.model else []
    lines += [
        tr("Prompt: {0} tokens, {1} of them from the cache").format(
            locale.toString(timings.prompt_tokens), locale.toString(timings.cached_tokens)
        ),
        tr("Answer: {0} tokens at {1}").format(
            locale.toString(timings.completion_tokens), speed(timings.generation_tps)
        ),
        tr("First token after {0}").format(duration(timings.ttft_ms)),
    ]
    if timings.prompt_tps > 0:
        lines.append(tr("Prompt read at {0}").format(speed(timings.prompt_tps)))
    if timings.dropped_messages:
        lines.append(
            tr("Left out, the context was full: {0} messages, {1} tokens").format(
                locale.toString(timings.dropped_messages), locale.toString(timings.dropped_tokens)
            )
        )
    lines.append(finish_words(message.finish_reason) or tr("Stopped by the model"))
    return "\n".join(lines)


def thinking_words(message: Message, *, thinking: bool, measured_ms: float = 0.0) -> str:
    """The header over the folded thinking of an answer; ``measured_ms`` counts until the answer's figures are there."""
    if thinking:
        return tr("Thinking…")
    took = message.timings.thinking_ms if message.timings else 0.0
    if took or measured_ms:
        return tr("Thought for {0}").format(duration(took or measured_ms))
    return tr("Thoughts")


def reading_words(fraction: float, eta_s: float | None) -> str:
    """How far the model has read a long prompt."""
    percent = QLocale().toString(round(max(0.0, min(1.0, fraction)) * 100))
    if eta_s is None:
        return tr("Reading prompt {0} %").format(percent)
    return tr("Reading prompt {0} %, about {1}").format(
        percent, duration(max(1.0, round(eta_s)) * 1000).replace(".0", "")
    )


def spoken(shown: TranscriptMessage, *, live: bool) -> str:
    """The message in words, for a screen reader."""
    message = shown.message
    who = tr("You") if message.role is Role.USER else (message.model or tr("Answer"))
    parts = [who + ":", message.text[:2_000]]
    if live:
        parts.append(tr("Still writing."))
    if message.error:
        parts.append(message.error)
    if shown.dropped:
        parts.append(tr("Not sent: the context was full."))
    if shown.count > 1:
        parts.append(tr("Version {0} of {1}.").format(shown.index + 1, shown.count))
    return " ".join(parts)
