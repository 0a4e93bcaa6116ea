from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from slmdesk.core.errors import StorageError
from slmdesk.services.profile import LOG_BYTES, LOG_FILES, Profile, stop_logging


def test_the_argument_wins_over_the_environment_over_the_system(
    tmp_path: Path, profile_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Profile.locate(tmp_path / "mine").path == tmp_path / "mine"
    assert Profile.locate().path == profile_dir
    monkeypatch.delenv("SLMDESK_PROFILE")
    assert Profile.locate().path == Path(platformdirs.user_data_dir("SLMDesk", appauthor=False))


def test_the_folders_are_made_for_this_user_only(profile_dir: Path) -> None:
    profile = Profile.locate()
    profile.check_writable()
    profile.check_writable()
    assert {p.name for p in profile_dir.iterdir()} == {"logs", "backups", "cache", "models"}
    if os.name == "posix":
        assert profile_dir.stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written") as caught:
        Profile(tmp_path / "file").check_writable()
    assert str(tmp_path / "file") in caught.value.message
    assert "--profile" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="a read-only mount needs Linux and root")
def test_a_read_only_folder_says_so(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(place)], capture_output=True
    ).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(StorageError, match="Read-only file system"):
            Profile(place).check_writable()
        with pytest.raises(StorageError, match="Read-only file system"):
            Profile(place).state_key()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_the_state_key_is_made_once_and_private(profile_dir: Path) -> None:
    profile = Profile.locate()
    profile.check_writable()
    key = profile.state_key()
    assert len(key) == 32
    assert Profile.locate().state_key() == key
    if os.name == "posix":
        assert (profile_dir / "state.key").stat().st_mode & 0o777 == 0o600
    (profile_dir / "state.key").write_bytes(b"short")
    assert len(profile.state_key()) == 32


@pytest.mark.expects_warnings
def test_the_log_rotates_and_holds_only_our_own_and_warnings(profile_dir: Path) -> None:
    profile = Profile.locate()
    handler = profile.start_logging()
    try:
        logging.getLogger("slmdesk.test").info("ours")
        logging.getLogger("other").error("theirs, an error")
        logging.getLogger("other").setLevel(logging.DEBUG)
        logging.getLogger("other").info("their chatter")
        logging.getLogger("slmdesk.test").info("x" * 100_000)
        text = (profile.logs / "slmdesk.log").read_text("utf-8")
        assert "ours" in text
        assert "theirs, an error" in text
        assert "chatter" not in text
        assert len(text) < 5_000
        for _ in range(LOG_FILES * LOG_BYTES // 3_000):
            logging.getLogger("slmdesk.test").info("y" * 3_500)
    finally:
        stop_logging(handler)
        logging.getLogger("other").setLevel(logging.NOTSET)
    files = list(profile.logs.iterdir())
    assert len(files) == LOG_FILES
    assert all(f.stat().st_size <= LOG_BYTES for f in files)


def test_no_secret_is_logged(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    profile.check_writable()
    handler = profile.start_logging()
    try:
        for text in ("token hf_ABCDefgh1234 sent", "Authorization: Bearer abcdefgh.123", "http://me:p%40ss@proxy:80/"):
            logging.getLogger("slmdesk").info(text)
    finally:
        stop_logging(handler)
    written = (profile.logs / "slmdesk.log").read_text()
    assert "token hf_… sent" in written
    assert "Bearer …" in written
    assert "http://me:…@proxy:80/" in written
    assert not any(secret in written for secret in ("ABCD", "abcdefgh", "p%40ss"))
