"""Expected trouble, told to a person as what happened, why, and what to do next.

::

    SlmdeskError
    ├── RuntimeUnavailable      a runtime is not installed or does not answer
    ├── LoadError               a model cannot be loaded
    │   ├── NotEnoughMemory
    │   └── UnsafeModelFile     the file is damaged, or built to do harm
    ├── GenerationError         a request cannot be answered as asked
    │   ├── TemplateError       the chat template fails, or is hostile
    │   └── ContextFull         the last message alone is longer than the context
    ├── WorkerCrashed           the engine process ended by itself
    ├── DownloadError           a download failed, or a source of models could not answer
    │   ├── NeedsToken          it asks who we are
    │   ├── NeedsApproval       it knows who we are and does not let us in
    │   ├── NotAtSource         it is not there
    │   ├── SourceUnreachable   no answer, or one that says "later": trying again may help
    │   ├── WrongContent        what came is not what was published
    │   └── DiskFull            no room for it
    ├── ConversionError, QuantizationError
    ├── NetworkBlocked          the person has not allowed the connection
    ├── ImportFailed            nothing in a file could be imported
    └── StorageError            the profile cannot be read or written
        ├── ProfileInUse        another window has it
        └── WrongKey            the database is encrypted with another key
"""

from __future__ import annotations

from typing import Any


class SlmdeskError(Exception):
    """Something went wrong that a person can understand and often mend.

    ``message`` says what happened and why, ``hint`` what to do next, ``details`` is technical text shown folded.
    """

    def __init__(self, message: str, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    @property
    def kind(self) -> str:
        """The error's class name, the same on both sides of the worker's pipe."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class RuntimeUnavailable(SlmdeskError):
    """A runtime is not installed or does not answer."""


class LoadError(SlmdeskError):
    """A model cannot be loaded."""


class NotEnoughMemory(LoadError):
    """The model needs more memory than is free. ``remedies`` are what a click can do about it (core.fit.Remedy)."""

    remedies: tuple[Any, ...] = ()


class UnsafeModelFile(LoadError):
    """The model file is damaged or built to do harm."""


class GenerationError(SlmdeskError):
    """A request cannot be answered as asked."""


class TemplateError(GenerationError):
    """The chat template fails or breaks its limits."""


class ContextFull(GenerationError):
    """The system prompt and the last message alone are longer than the context."""


class WorkerCrashed(SlmdeskError):
    """The engine process ended by itself."""


class DownloadError(SlmdeskError):
    """A download failed."""


class NeedsToken(DownloadError):
    """The source asks who we are: a token is missing or wrong."""


class NeedsApproval(DownloadError):
    """The source knows who we are and does not let us in."""


class NotAtSource(DownloadError):
    """The source has no such model, file or version."""


class SourceUnreachable(DownloadError):
    """The source did not answer, or asked to come back later, in ``retry_after`` seconds (0: it did not say)."""

    retry_after: float = 0.0
    answered: bool = False
    """Whether it did answer, with a refusal."""


class WrongContent(DownloadError):
    """What came is not what was published."""


class DiskFull(DownloadError):
    """There is no room for the file."""


class ConversionError(SlmdeskError):
    """A model could not be converted."""


class QuantizationError(SlmdeskError):
    """A model could not be quantized."""


class NetworkBlocked(SlmdeskError):
    """A connection was not made, because the person has not allowed it.

    ``host`` is what may be agreed to, ``reason`` what stands in the way: "offline" or "local" (the network state), or
    "consent" (nobody has agreed to this host yet).
    """

    def __init__(
        self, message: str, hint: str = "", details: str = "", *, host: str = "", reason: str = "offline"
    ) -> None:
        super().__init__(message, hint, details)
        self.host = host
        self.reason = reason


class ImportFailed(SlmdeskError):
    """Nothing in a file could be imported."""


class StorageError(SlmdeskError):
    """The profile cannot be read or written."""


class ProfileInUse(StorageError):
    """Another SLMDesk has the profile open."""


class WrongKey(StorageError):
    """The database is encrypted with another key."""


def _tree(root: type[SlmdeskError]) -> dict[str, type[SlmdeskError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


def error_from(kind: str, message: str, hint: str = "", details: str = "") -> SlmdeskError:
    """The error that a worker named by ``kind``; an unknown kind becomes a plain :class:`SlmdeskError`."""
    return _tree(SlmdeskError).get(kind, SlmdeskError)(message, hint, details)
