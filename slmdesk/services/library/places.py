"""The places that are searched for models: own folders, and other programs' stores."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slmdesk.core.errors import SlmdeskError
from slmdesk.services.library import stores
from slmdesk.services.settings import Settings
from slmdesk.storage.models import ModelStore, PlaceFlags


@dataclass(frozen=True, slots=True)
class Place:
    """A folder (or one file) that is searched for models, and what was found there.

    ``store`` is as in :class:`~slmdesk.core.models.Home`. Only an ``owned`` place is ever written to. ``offline``: the
    drive or folder is away now. ``models`` and ``bytes`` count what lies there. An ``automatic`` place was found by
    itself: it can be switched off, not removed.
    """

    path: Path
    store: str
    owned: bool = False
    enabled: bool = True
    offline: bool = False
    models: int = 0
    bytes: int = 0
    automatic: bool = False

    @property
    def store_name(self) -> str:
        """What the store is called, such as "LM Studio"."""
        return stores.NAMES.get(self.store, self.store)


class Places:
    """Which places there are. Folders that a person added stand in the settings; their flags in the database.

    ``builtin`` is searched always and not listed (the bundled starter); ``own`` is the folder for downloads;
    ``installed`` are other programs' folders with their stores' keys.
    """

    def __init__(
        self,
        settings: Settings,
        store: ModelStore,
        *,
        own: Path,
        builtin: Sequence[Path] = (),
        installed: Sequence[tuple[Path, str]] = (),
    ) -> None:
        self._settings = settings
        self._store = store
        self._own = own
        self._builtin = tuple(builtin)
        self._installed = tuple(installed)
        self._flags: dict[Path, PlaceFlags] = {}
        self._kinds: dict[Path, str] = {}

    def restore(self, flags: Mapping[Path, PlaceFlags]) -> None:
        """Take over the flags that the database holds."""
        self._flags = dict(flags)

    def all(self) -> list[Place]:
        """Every place, the own folder first, those that a person added next."""
        found = [Place(self._own, "own", owned=True)]
        for text in self._settings.get("model_folders"):
            path = Path(text)
            flag, store = self._flag(path), self.store_of(path)
            found.append(Place(path, store, owned=flag.owned and store == "folder", enabled=flag.enabled))
        known = {place.path for place in found}
        for path, store in self._installed:
            if path not in known:
                found.append(Place(path, store, enabled=self._flag(path).enabled, automatic=True))
        return found

    def get(self, path: Path) -> Place:
        """The place at ``path``. Raises SlmdeskError for a folder that is none."""
        for place in self.all():
            if place.path == path:
                return place
        raise SlmdeskError(f"{path} is not among the places that are searched.", "`slmdesk library places` shows them.")

    def searched(self) -> list[tuple[Path, str]]:
        """What a scan looks through: enabled places with their stores' keys, those that a person chose first."""
        return [(path, "own") for path in self._builtin] + [(p.path, p.store) for p in self.all() if p.enabled]

    def apart(self) -> list[Path]:
        """Places that are looked at only as themselves, also where they lie in another one."""
        return [place.path for place in self.all()] + [path for path, _ in self._installed]

    def owned(self) -> dict[Path, bool]:
        """Every place that is searched, and whether its files are the person's own to change."""
        return {**dict.fromkeys(self._builtin, False), **{p.path: p.owned for p in self.all() if p.enabled}}

    async def add(self, path: Path, *, owned: bool) -> None:
        """Search another folder, or have one more file in the library."""
        folders = list(self._settings.get("model_folders"))
        await self.set(path, owned=owned, enabled=True)
        if str(path) not in folders and path != self._own:
            await self._settings.set("model_folders", [*folders, str(path)])

    async def remove(self, path: Path) -> None:
        """Search a folder no longer; what lies in it stays. Raises SlmdeskError for a place found by itself."""
        folders = list(self._settings.get("model_folders"))
        if str(path) not in folders:
            self.get(path)
            raise SlmdeskError(
                f"{path} was not added by you, so it cannot be removed.", "Switch it off instead; nothing is deleted."
            )
        await self._settings.set("model_folders", [f for f in folders if f != str(path)])
        self._flags.pop(path, None)
        await self._store.drop_place(path)

    async def set(self, path: Path, *, owned: bool | None = None, enabled: bool | None = None) -> None:
        """Change a place's flags; None leaves one as it is."""
        before = self._flag(path)
        flags = PlaceFlags(
            before.owned if owned is None else owned,
            before.enabled if enabled is None else enabled,
        )
        self._flags[path] = flags
        await self._store.set_place(path, flags)

    def _flag(self, path: Path) -> PlaceFlags:
        return self._flags.get(path, PlaceFlags())

    def store_of(self, path: Path) -> str:
        """Whose store a folder is, or lies in; looked at once, as long as it is there."""
        for place, store in self._installed:
            if path.is_relative_to(place):
                return store
        if path not in self._kinds and path.exists():
            self._kinds[path] = stores.store_of(path)
        return self._kinds.get(path, "folder")


def absolute(text: str | Path) -> Path:
    """The full path that ``text`` names, with links in its folders left as they are."""
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100  (resolve() would follow links)
