"""Names in repositories: what is safe to write, what belongs together, and how a model is named in one text."""

from __future__ import annotations

import contextlib
import posixpath
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.models import ModelFormat
from slmdesk.core.remote import RemoteDetails, RemoteFile, RemoteModel, Role
from slmdesk.core.remote_groups import chosen, groups_of, plan_of, quantization_of, recommended, role_of
from slmdesk.core.repository import Reference, check_paths, check_repo, check_revision, path_problem


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "../a",
            "a/../b",
            "/a",
            "a//b",
            "a/",
            "~/..",
            "C:\\a",
            "C:/a",
            "a\\b",
            "\\\\host\\x",
            "a\x00b",
        ),
        *("a\nb", "a\x1b[2Jb", "con", "NUL.gguf", "com1.txt", "a.", "a ", " a", "a:stream", "a?b", "a*b", "a|b"),
        *("x" * 4000, "é" * 200, "a/" * 300 + "b", "\u202egguf.exe", "a\u200bb", "\ud800", "aux/b"),
    ],
)
def test_hostile_names_are_refused(name: str) -> None:
    assert path_problem(name)
    with pytest.raises(DownloadError):
        check_paths([name])


@given(st.text(max_size=60))
def test_what_is_allowed_stays_below_its_folder_on_every_system(name: str) -> None:
    if path_problem(name):
        return
    assert posixpath.normpath(name) == name
    assert not PurePosixPath(name).is_absolute()
    windows = PureWindowsPath(name)
    assert not windows.drive
    assert not windows.root
    assert ".." not in windows.parts
    assert PureWindowsPath("C:\\models").joinpath(name).is_relative_to("C:\\models")


def test_ordinary_names_are_allowed_and_twins_are_not() -> None:
    check_paths(["model-Q4_K_M.gguf", "onnx/model_q4.onnx_data", "Modèle 1.gguf", "日本語.gguf"])
    with pytest.raises(DownloadError, match="same file"):
        check_paths(["README.md", "readme.md"])


@pytest.mark.parametrize("repo", ["a", "a/b/c", "../b", "a/..", "a/b--c", "a/-b", "a/b.git", "a b/c", "a/b\n", "/a/b"])
def test_no_repository(repo: str) -> None:
    with pytest.raises(DownloadError):
        check_repo(repo)


@pytest.mark.parametrize("revision", ["", "../x", "a b", "a//b", "a/", "-x", "x\n"])
def test_no_revision(revision: str) -> None:
    with pytest.raises(DownloadError):
        check_revision(revision)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf:a/b", Reference("hf", "a/b")),
        ("a/b", Reference("hf", "a/b")),
        ("hf:a/b/c/d.gguf", Reference("hf", "a/b", ("c/d.gguf",))),
        ("hf:a/b:Q4_K_M", Reference("hf", "a/b", ("Q4_K_M",))),
        ("hf.co/a/b:Q4_K_M@v1", Reference("hf", "a/b", ("Q4_K_M",), "v1")),
        ("https://huggingface.co/a/b/blob/main/x.gguf", Reference("hf", "a/b", ("x.gguf",))),
        ("https://huggingface.co/a/b/tree/v2", Reference("hf", "a/b", (), "v2")),
        ("catalog:qwen3-0.6b:Q8_0", Reference("catalog", "qwen3-0.6b", ("Q8_0",))),
        ("ollama:qwen3:0.6b", Reference("ollama", "qwen3:0.6b")),
        ("foundry:phi-4-mini", Reference("foundry", "phi-4-mini")),
    ],
)
def test_references(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@given(st.text(max_size=80))
def test_any_text_is_a_reference_or_a_plain_error(text: str) -> None:
    with contextlib.suppress(SlmdeskError):
        assert Reference.parse(text).name


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Qwen3-0.6B-Q4_K_M.gguf", "Q4_K_M"),
        ("model.q8_0.gguf", "Q8_0"),
        ("Llama-IQ2_XXS.gguf", "IQ2_XXS"),
        ("phi-4-mini-fp16.gguf", "F16"),
        ("gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("Q8-Nights-7B.gguf", ""),
        ("model.gguf", ""),
    ],
)
def test_quantizations_in_names(name: str, label: str) -> None:
    assert quantization_of(name) == label


def files(*names: str) -> list[RemoteFile]:
    return [RemoteFile(name, 100 + n) for n, name in enumerate(names)]


def test_parts_are_one_group_and_missing_ones_a_problem() -> None:
    names = [f"big/m-Q8_0-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    (group,) = groups_of(files(*names, "mmproj-BF16.gguf", "mmproj-F16.gguf", "imatrix.gguf", "LICENSE"))
    assert [f.path for f in group.files] == [*names, "mmproj-F16.gguf", "LICENSE"]
    assert (group.key, group.bits_per_weight, group.problem) == ("Q8_0", 8.5, "")
    assert group.weights_size == 303
    (group,) = groups_of(files(*names[:2]))
    assert "3 parts" in group.problem


def test_formats_side_by_side() -> None:
    found = groups_of(
        files(
            *("m-Q4_K_M.gguf", "m-Q2_K.gguf", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"),
            *(
                "model.safetensors.index.json",
                "config.json",
                "tokenizer.json",
                "pytorch_model.bin",
                "adapter_model.safetensors",
            ),
            *(
                "cpu/genai_config.json",
                "cpu/model.onnx",
                "cpu/model.onnx.data",
                "onnx/model_q4.onnx",
                "onnx/model_q4.onnx_data",
            ),
        )
    )
    by_key = {g.key: g for g in found}
    assert by_key["safetensors"].format is ModelFormat.SAFETENSORS
    assert [f.path for f in by_key["cpu"].files] == [
        "cpu/model.onnx",
        "cpu/model.onnx.data",
        "cpu/genai_config.json",
    ]
    assert {f.name for f in by_key["onnx/model_q4"].files} >= {"model_q4.onnx", "model_q4.onnx_data", "tokenizer.json"}
    assert by_key["pickle"].problem
    best = recommended(found)
    assert best is not None
    assert best.key == "Q4_K_M"
    assert role_of("pytorch_model.bin") is Role.PICKLE


def test_plans_are_pinned_and_pickles_are_refused() -> None:
    listed = tuple(files("m-Q4_K_M.gguf", "pytorch_model.bin", "../evil.gguf"))
    model = RemoteModel("hf", "hf:a/b", "b")
    details = RemoteDetails(model, "a/b", "main", "c" * 40, files=groups_of(listed)[0].files, groups=groups_of(listed))
    plan = plan_of(details, chosen(details, ["q4_k_m"]))
    assert (plan.title, plan.commit, plan.folder, plan.size) == ("b Q4_K_M", "c" * 40, "a/b", 100)
    for bad in listed[1:]:
        with pytest.raises(DownloadError):
            plan_of(details, [bad])
    with pytest.raises(DownloadError, match="not in a/b"):
        chosen(details, ["Q9"])
