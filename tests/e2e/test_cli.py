"""The terminal's face, with the real engine and the starter model."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from slmdesk import __version__
from slmdesk.cli import main

SENTINEL = "xyzzy-plugh-4711"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def long_answer(tmp_path: Path, profile: Path) -> subprocess.Popen[str]:
    """`slmdesk chat --json --save` in a process of its own, held to an answer too long to end by itself."""
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "array", "items": {"type": "string", "minLength": 900}, "minItems": 90}')
    command = [sys.executable, "-m", "slmdesk", "--profile", str(profile), "chat", "Tell me all.", "--json"]
    options = ["--json-schema", str(schema), "--ctx", "30000", "--save"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == f"slmdesk {__version__}"


@pytest.mark.parametrize(
    "command",
    [
        "",
        "chat",
        "models",
        "library",
        "library duplicates",
        "doctor",
        "chats",
        "chats list",
        "chats show",
        "chats search",
        "chats export",
        "chats import",
        "search",
        "pull",
        "bundle export",
        "bundle import",
    ],
)
def test_help_everywhere(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert "usage: slmdesk" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--temperature", value) for value in ("warm", "-1", "nan", "inf")),
        *((option, value) for option in ("--top-p", "--min-p") for value in ("-0.1", "5")),
        *((option, value) for option in ("--top-k", "--max-tokens", "--ctx") for value in ("-5", "1.5", "9" * 20)),
        *(("--seed", value) for value in ("-1", "4294967295", "9" * 5000)),
        ("--gpu-layers", "-2"),
    ],
)
def test_wrong_usage_is_2(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["chat", f"{option}={value}", "Hi"])
    assert end.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_keeps_what_was_said_with_its_figures(
    tmp_path: Path, starter: Path, profile_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with long_answer(tmp_path, profile_dir) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=20)
    told = lines("".join(first) + rest)
    assert (process.returncode, err) == (130, "")
    assert told[-1]["finish_reason"] == "cancelled"
    assert told[-1]["completion_tokens"] >= 5
    assert told[-1]["ttft_ms"] > 0
    assert main(["chats", "list", "--json"]) == 0
    (chat,) = json.loads(capsys.readouterr().out)
    assert main(["chats", "show", chat["id"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["messages"][-1]["text"] == "".join(t.get("text", "") for t in told)


def test_chat_streams_json_lines(capsys: pytest.CaptureFixture[str], starter: Path) -> None:
    assert main(["chat", "Hello", "--temperature", "0", "--json", "--max-tokens", "40"]) == 0
    *pieces, end = lines(capsys.readouterr().out)
    assert "".join(p["text"] for p in pieces).strip()
    assert end["done"] is True
    assert end["finish_reason"] in ("stop", "length")
    assert end["model"] == "Starter"
    for name in ("prompt_tokens", "completion_tokens"):
        assert end[name] > 0
    for name in ("cached_tokens", "ttft_ms", "prompt_tps", "generation_tps"):
        assert end[name] >= 0


def test_the_same_seed_gives_the_same_answer(capsys: pytest.CaptureFixture[str], starter: Path) -> None:
    answers = []
    for _ in range(2):
        assert main(["chat", "What is a token?", "--seed", "7", "--temperature", "1.2", "--max-tokens", "30"]) == 0
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_chat_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, starter: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hello"))
    assert main(["chat", "-", "--max-tokens", "5"]) == 0
    assert capsys.readouterr().out.strip()


def test_a_conversation_in_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, starter: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hello\nThanks\n/bye\n"))
    assert main(["chat", "--json", "--max-tokens", "8", "--temperature", "0"]) == 0
    ends = [line for line in lines(capsys.readouterr().out) if line.get("done")]
    assert len(ends) == 2
    assert ends[1]["cached_tokens"] > 0


def test_the_answer_follows_a_json_schema(capsys: pytest.CaptureFixture[str], tmp_path: Path, starter: Path) -> None:
    schema = tmp_path / "schema.json"
    number = {"type": "integer", "minimum": 0, "maximum": 9}
    rules = {"type": "object", "properties": {"n": number}, "required": ["n"], "additionalProperties": False}
    schema.write_text(json.dumps(rules))
    assert main(["chat", "Give me a number.", "--json-schema", str(schema), "--seed", "1", "--max-tokens", "60"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)["n"], int)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["chat", "Hi", "--model", "nope"], "There is no model called 'nope'."),
        (["chat", "Hi", "--model", "nope.gguf"], "There is no file nope.gguf."),
        (["chat", "   "], "The prompt is empty."),
        (["chat", "Hi", "--json-schema", "missing.json"], "missing.json cannot be read"),
        (["chat", "Hi", "--model", "."], "is a folder."),
        (["chats", "show", "abc"], "There is no chat 'abc' in this profile."),
        (["chats", "export", "chats.doc"], "does not name a format"),
        (["chats", "import", "missing.json"], "missing.json"),
    ],
)
def test_trouble_is_told_plainly(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str], starter: Path
) -> None:
    assert main(args) == 1
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04" + bytes(200), b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_a_bad_model_file_is_a_load_error(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], starter: Path
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    assert main(["chat", "Hi", "--model", str(path)]) == 1
    err = capsys.readouterr().err
    assert "bad.gguf" in err or "file" in err
    assert "Traceback" not in err


def test_chats_live_through_every_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, starter: Path, profile_dir: Path
) -> None:
    def run(*args: str) -> str:
        assert main(list(args)) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    run("chat", f"What is {SENTINEL}?", "--save", "--max-tokens", "8")
    (chat,) = json.loads(run("chats", "list", "--json"))
    assert SENTINEL in chat["title"]
    shown = json.loads(run("chats", "show", chat["id"][:8], "--json"))
    assert [m["role"] for m in shown["messages"]] == ["user", "assistant"]
    assert SENTINEL in run("chats", "show", chat["id"][:8])
    assert json.loads(run("chats", "search", "xyzzy", "--json"))
    for ending in ("json", "md", "html"):
        run("chats", "export", str(tmp_path / f"all.{ending}"))
        assert SENTINEL in (tmp_path / f"all.{ending}").read_text(encoding="utf-8")
    run("chats", "delete", chat["id"][:8])
    assert json.loads(run("chats", "list", "--json")) == []
    run("chats", "restore", chat["id"][:8])
    assert len(json.loads(run("chats", "list", "--json"))) == 1
    other = tmp_path / "other"
    run("--profile", str(other), "chats", "import", str(tmp_path / "all.json"))
    (copy,) = json.loads(run("--profile", str(other), "chats", "list", "--json"))
    assert copy["title"] == chat["title"]
    for log in profile_dir.rglob("*.log*"):
        assert SENTINEL not in log.read_text(encoding="utf-8"), "prompts are never logged"


def test_models_lists_the_starter(capsys: pytest.CaptureFixture[str], starter: Path) -> None:
    assert main(["models", "--json"]) == 0
    (model,) = [m for m in json.loads(capsys.readouterr().out) if m["starter"]]
    assert model["quantization"] == "F16"
    assert 4_000_000 < model["parameters"] < 6_000_000
    assert main(["models"]) == 0
    assert "comes with SLMDesk" in capsys.readouterr().out


def test_doctor(capsys: pytest.CaptureFixture[str], starter: Path) -> None:
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert report["engines"]["llama.cpp"]["ready"] is True
    assert report["engines"]["llama.cpp"]["devices"]
    assert report["network"] == "offline"
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    assert "All is well." in told
    if sys.platform == "linux":
        assert "denied: network" in told


def test_without_a_display_the_starter_answers_in_the_terminal(tmp_path: Path, starter: Path) -> None:
    """What `make run` does on a machine without a screen."""
    done = subprocess.run(
        [sys.executable, "-m", "slmdesk", "--profile", str(tmp_path / "p")],
        env={"PATH": "", "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "There is no display here" in done.stdout
    assert len(done.stdout.split("What can SLMDesk do?")[1].strip()) > 20


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGKILL")
def test_a_crash_of_the_engine_keeps_what_was_said(
    tmp_path: Path, starter: Path, profile_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with long_answer(tmp_path, profile_dir) as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(5)]
        (worker,) = [p for p in psutil.Process(process.pid).children() if "llama_cpp" in p.cmdline()]
        worker.kill()
        rest, err = process.communicate(timeout=20)
    told = lines("".join(first) + rest)
    assert process.returncode == 1
    assert "SIGKILL" in err
    assert told[-1]["finish_reason"] == "error"
    assert "SIGKILL" in told[-1]["error"]
    assert main(["chats", "list", "--json"]) == 0
    (chat,) = json.loads(capsys.readouterr().out)
    assert main(["chats", "show", chat["id"], "--json"]) == 0
    question, answer = json.loads(capsys.readouterr().out)["messages"]
    assert question["text"] == "Tell me all."
    assert answer["text"] == "".join(t.get("text", "") for t in told)
    assert answer["finish_reason"] == "error"
