"""What import-linter cannot say: which parts of Qt a layer may import, and that start-up imports stay lean."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "slmdesk"
HEAVY = (
    "llama_cpp",
    "numpy",
    "onnxruntime",
    "huggingface_hub",
    "ollama",
    "pypdf",
    "docx",
    "pygments",
    "ziamath",
    "httpx",
)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("layer", ["services", "cli", "desk.py", "runtimes", "storage", "core", "worker"])
def test_only_the_window_imports_widgets(layer: str) -> None:
    place = PACKAGE / layer
    files = place.rglob("*.py") if place.is_dir() else [place]
    for path in files:
        qt = {name for name in imports(path) if name.startswith("PySide6")}
        allowed = {"PySide6.QtCore"} if layer in ("services", "desk.py") else set()
        if path.parent.name == "network":
            allowed |= {"PySide6.QtNetwork"}  # it alone knows the system's proxies
        assert qt <= allowed, f"{path} imports {qt - allowed}"


def test_start_up_imports_nothing_heavy() -> None:
    """The window's modules come without engines, parsers and HTTP clients; those are imported when first needed."""
    code = f"import sys, slmdesk.app; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
