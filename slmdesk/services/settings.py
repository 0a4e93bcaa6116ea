"""Settings: every choice the program offers, declared in one table, and the state of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QObject, Signal

from slmdesk.core import proxies
from slmdesk.core.errors import SlmdeskError
from slmdesk.storage.settings import SettingsStore


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared setting: what it may be, what it is at first, and how it is shown.

    ``kind`` is "choice" (one of ``choices``, pairs of value and label), "integer" (``minimum`` to ``maximum``),
    "switch" (bool), "text", "file" (a path, empty for none) or "folders" (a list of paths). ``check`` says what is
    wrong with a text. A setting without a label is not shown in the pane.
    """

    key: str
    kind: str
    default: Any
    group: str = ""
    label: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int = 0
    maximum: int = 0
    step: int = 1
    unit: str = ""
    zero: str = ""
    """What an integer setting shows instead of 0, such as "Automatic"."""
    check: Callable[[str], str] | None = None
    placeholder: str = ""
    """What an empty text shows, as an example."""

    @property
    def section(self) -> str:
        """The group's key, the same in every language."""
        return self.key_of_group or self.group.lower()

    key_of_group: str = ""

    def problem(self, value: Any) -> str:
        """Why ``value`` cannot be this setting's; empty if it can."""
        if self.kind == "choice":
            allowed = [v for v, _ in self.choices]
            return "" if value in allowed else f"it must be one of {', '.join(allowed)}"
        if self.kind == "integer":
            fits = type(value) is int and self.minimum <= value <= self.maximum
            return "" if fits else f"it must be a whole number from {self.minimum} to {self.maximum}"
        if self.kind == "switch":
            return "" if isinstance(value, bool) else "it must be true or false"
        if self.kind == "folders":
            listed = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
            return "" if listed else "it must be a list of folders"
        if not isinstance(value, str):
            return "it must be a text"
        return self.check(value) if self.check is not None else ""


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:  # noqa: ARG001, N802  (the name that Qt's tool looks for)
    """``text`` itself, marked as one to translate in ``context`` (Qt's own has no usable type)."""
    return text


_LOOK: Final = QT_TRANSLATE_NOOP("Settings", "Appearance")
_CHAT: Final = QT_TRANSLATE_NOOP("Settings", "Chat")
_MODELS: Final = QT_TRANSLATE_NOOP("Settings", "Models")
_DOWNLOADS: Final = QT_TRANSLATE_NOOP("Settings", "Downloads")
_NETWORK: Final = QT_TRANSLATE_NOOP("Settings", "Network")

_TABLE: tuple[Setting, ...] = (
    Setting(
        "theme",
        "choice",
        "system",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Theme"),
        QT_TRANSLATE_NOOP("Settings", "System follows the light or dark setting of your computer."),
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "System")),
            ("light", QT_TRANSLATE_NOOP("Settings", "Light")),
            ("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
        ),
    ),
    Setting(
        "font_scale",
        "integer",
        100,
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Font size"),
        QT_TRANSLATE_NOOP("Settings", "The size of all text, compared with the usual one."),
        minimum=80,
        maximum=150,
        step=5,
        unit="%",
    ),
    Setting(
        "language",
        "choice",
        "system",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Language"),
        QT_TRANSLATE_NOOP("Settings", "Takes effect at the next start."),
        choices=(("system", QT_TRANSLATE_NOOP("Settings", "System")), ("en", "English"), ("da", "Dansk")),
    ),
    Setting(
        "motion",
        "choice",
        "system",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Motion"),
        QT_TRANSLATE_NOOP("Settings", "Short transitions when parts of the window appear."),
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "System")),
            ("on", QT_TRANSLATE_NOOP("Settings", "On")),
            ("off", QT_TRANSLATE_NOOP("Settings", "Off")),
        ),
    ),
    Setting(
        "default_preset",
        "text",
        "balanced",
        _CHAT,
        QT_TRANSLATE_NOOP("Settings", "Preset for new chats"),
        QT_TRANSLATE_NOOP("Settings", "The system prompt and sampling that a new chat starts with."),
    ),
    Setting(
        "show_thinking",
        "switch",
        default=False,
        group=_CHAT,
        label=QT_TRANSLATE_NOOP("Settings", "Show thinking unfolded"),
        help=QT_TRANSLATE_NOOP("Settings", "Some models think before they answer. Off folds it into one line."),
    ),
    Setting(
        "keep_state",
        "switch",
        default=True,
        group=_CHAT,
        label=QT_TRANSLATE_NOOP("Settings", "Reopen chats at once"),
        help=QT_TRANSLATE_NOOP(
            "Settings",
            "Keeps what the model has read of a chat on disk, so that it need not read it again after a restart.",
        ),
    ),
    Setting(
        "default_context",
        "integer",
        0,
        _MODELS,
        QT_TRANSLATE_NOOP("Settings", "Context for new loads"),
        QT_TRANSLATE_NOOP("Settings", "Automatic: the model's own length, at most 4,096 tokens. More costs memory."),
        minimum=0,
        maximum=1_048_576,
        step=1024,
        unit=QT_TRANSLATE_NOOP("Settings", "tokens"),
        zero=QT_TRANSLATE_NOOP("Settings", "Automatic"),
    ),
    Setting(
        "threads",
        "integer",
        0,
        _MODELS,
        QT_TRANSLATE_NOOP("Settings", "Processor threads"),
        QT_TRANSLATE_NOOP("Settings", "How many threads a model computes with. Automatic: one for each physical core."),
        minimum=0,
        maximum=512,
        zero=QT_TRANSLATE_NOOP("Settings", "Automatic"),
    ),
    Setting(
        "model_folders",
        "folders",
        (),
        _MODELS,
        QT_TRANSLATE_NOOP("Settings", "Model folders"),
        QT_TRANSLATE_NOOP("Settings", "Further folders that are searched for models. Nothing in them is changed."),
    ),
    Setting(
        "download_folder",
        "text",
        "",
        _DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Download folder"),
        QT_TRANSLATE_NOOP("Settings", "Where new models go. Empty: the profile's own folder for models."),
    ),
    Setting(
        "download_parallel",
        "integer",
        2,
        _DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Downloads at once"),
        QT_TRANSLATE_NOOP("Settings", "How many models are fetched side by side; the others wait for their turn."),
        minimum=1,
        maximum=8,
    ),
    Setting(
        "download_connections",
        "integer",
        4,
        _DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Connections per file"),
        QT_TRANSLATE_NOOP("Settings", "A large file comes in parts, over several connections side by side."),
        minimum=1,
        maximum=16,
    ),
    Setting(
        "download_limit_kbps",
        "integer",
        0,
        _DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Speed limit"),
        QT_TRANSLATE_NOOP("Settings", "For all downloads together; it takes effect at once."),
        minimum=0,
        maximum=10_000_000,
        step=500,
        unit=QT_TRANSLATE_NOOP("Settings", "kB/s"),
        zero=QT_TRANSLATE_NOOP("Settings", "No limit"),
    ),
    Setting(
        "disk_reserve_gb",
        "integer",
        2,
        _DOWNLOADS,
        QT_TRANSLATE_NOOP("Settings", "Room to keep free"),
        QT_TRANSLATE_NOOP("Settings", "A download waits before the disk has less free space than this."),
        minimum=0,
        maximum=10_000,
        unit=QT_TRANSLATE_NOOP("Settings", "GB"),
    ),
    Setting(
        "proxy_mode",
        "choice",
        "system",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Proxy"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "System follows this computer's settings and their PAC script; on Linux the variables HTTPS_PROXY and "
            "NO_PROXY.",
        ),
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "System")),
            ("none", QT_TRANSLATE_NOOP("Settings", "No proxy")),
            ("own", QT_TRANSLATE_NOOP("Settings", "Own proxy")),
        ),
    ),
    Setting(
        "proxy_url",
        "text",
        "",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Proxy address"),
        QT_TRANSLATE_NOOP("Settings", "An HTTP proxy with its port."),
        check=proxies.proxy_problem,
        placeholder="http://proxy.example.org:3128",
    ),
    Setting(
        "proxy_except",
        "text",
        "",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Not through the proxy"),
        QT_TRANSLATE_NOOP("Settings", "Names, patterns and networks. This computer is never reached through a proxy."),
        check=proxies.exceptions_problem,
        placeholder=".corp.example, 10.0.0.0/8",
    ),
    Setting(
        "proxy_user",
        "text",
        "",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Proxy user name"),
        QT_TRANSLATE_NOOP("Settings", "Where the proxy asks for one. The password is under Tokens."),
    ),
    Setting(
        "system_certificates",
        "switch",
        default=True,
        group=_NETWORK,
        label=QT_TRANSLATE_NOOP("Settings", "Trust this computer's certificates"),
        help=QT_TRANSLATE_NOOP(
            "Settings",
            "Off uses the list of authorities that comes with SLMDesk. Certificates are checked either way.",
        ),
    ),
    Setting(
        "ca_file",
        "file",
        "",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Further authority"),
        QT_TRANSLATE_NOOP("Settings", "A PEM file of your organisation, if it inspects connections."),
    ),
    Setting(
        "hub_mirror",
        "text",
        "",
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Mirror of Hugging Face"),
        QT_TRANSLATE_NOOP("Settings", "Used instead of huggingface.co. The variable HF_ENDPOINT does the same."),
        check=proxies.endpoint_problem,
        placeholder="https://huggingface.co",
    ),
    Setting(
        "ledger_days",
        "integer",
        90,
        _NETWORK,
        QT_TRANSLATE_NOOP("Settings", "Keep the list of connections"),
        QT_TRANSLATE_NOOP("Settings", "Older lines are forgotten at the start."),
        minimum=0,
        maximum=3650,
        step=30,
        unit=QT_TRANSLATE_NOOP("Settings", "days"),
        zero=QT_TRANSLATE_NOOP("Settings", "For ever"),
    ),
    Setting("last_model", "text", ""),
    Setting("network_state", "choice", "offline", choices=(("offline", ""), ("local", ""), ("online", ""))),
)


class Settings(QObject):
    """The settings and the window's state, read at the start so that getting one is immediate.

    A value in the database that its declaration does not allow counts as the default; a key that this version does
    not know is kept and ignored.
    """

    changed = Signal(str)
    """The key of the setting that has a new value."""

    def __init__(self, store: SettingsStore) -> None:
        super().__init__()
        self._store = store
        self._declared = {s.key: s for s in _TABLE}
        self._values: dict[str, Any] = {}
        self._state: dict[str, Any] = {}

    async def load(self) -> None:
        """Read everything from the database; call once before the first get."""
        values, self._state = await self._store.load()
        self._values = {
            key: _frozen(value)
            for key, value in values.items()
            if key in self._declared and not self._declared[key].problem(value)
        }

    def get(self, key: str) -> Any:
        """The value of a declared setting (lists as tuples). Raises KeyError for an undeclared key."""
        return self._values.get(key, self._declared[key].default)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value; tells :attr:`changed` if it is another one. Raises SlmdeskError if it is not allowed."""
        declared = self._declared[key]
        problem = declared.problem(value)
        if problem:
            name = _tr(declared.label) if declared.label else key
            raise SlmdeskError(f"{name} cannot be {value!r}: {problem}.")
        value = _frozen(value)
        if value == self.get(key):
            return
        await self._store.put(key, value)
        self._values[key] = value
        self.changed.emit(key)

    async def read_again(self, key: str) -> None:
        """Take over a value that another SLMDesk with this profile has kept meanwhile."""
        values, _ = await self._store.load()
        value = _frozen(values.get(key, self._declared[key].default))
        if not self._declared[key].problem(value) and value != self.get(key):
            self._values[key] = value
            self.changed.emit(key)

    async def reset(self, key: str) -> None:
        """Go back to the default."""
        before = self.get(key)
        await self._store.drop(key)
        self._values.pop(key, None)
        if self.get(key) != before:
            self.changed.emit(key)

    def declarations(self) -> list[Setting]:
        """The settings that a person can change, in order of their groups, with texts in the current language."""
        return [_translated(s) for s in _TABLE if s.label]

    def get_state(self, key: str, default: Any = None) -> Any:
        """A piece of window state (any JSON value), such as a splitter's sizes."""
        return self._state.get(key, default)

    async def set_state(self, key: str, value: Any) -> None:
        """Keep a piece of window state; it must be a JSON value."""
        if key in self._state and self._state[key] == value:
            return
        self._state[key] = value
        await self._store.put_state(key, value)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text) if text else ""


def _translated(setting: Setting) -> Setting:
    return replace(
        setting,
        group=_tr(setting.group),
        key_of_group=setting.section,
        label=_tr(setting.label),
        help=_tr(setting.help),
        unit=_tr(setting.unit),
        zero=_tr(setting.zero),
        choices=tuple((value, _tr(label)) for value, label in setting.choices),
    )
