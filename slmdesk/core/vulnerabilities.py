"""Known attacks by model files: which of our rules catches each, and which programs it works against.

The rules refuse such a file whatever program is used; the versions tell a person who keeps the file anyway, or runs
another program beside this one, what it can do there. Sources: the CVE records and the advisories of the projects.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A published weakness: its number, and the versions that a file of this kind can attack."""

    number: str
    touches: str


_TALOS = "llama.cpp until January 2024, and what was built with it"

KNOWN: dict[str, tuple[Vulnerability, ...]] = {
    "gguf.length": (
        Vulnerability("CVE-2024-23496", _TALOS),
        Vulnerability("CVE-2024-21825", _TALOS),
        Vulnerability("CVE-2025-49847", "llama.cpp before b5662"),
    ),
    "gguf.counts": (
        Vulnerability("CVE-2024-23605", _TALOS),
        Vulnerability("CVE-2024-21836", _TALOS),
    ),
    "gguf.shape": (
        Vulnerability("CVE-2024-21802", _TALOS),
        Vulnerability("CVE-2026-33298", "llama.cpp before b7824"),
    ),
    "gguf.beyond": (
        Vulnerability("CVE-2025-53630", "llama.cpp before July 2025"),
        Vulnerability("CVE-2026-27940", "llama.cpp before b8146"),
        Vulnerability("CVE-2026-7482", "Ollama before 0.17.1"),
    ),
    "gguf.alignment": (Vulnerability("the overflows of GGML_PAD and general.alignment", "llama.cpp before May 2026"),),
    "gguf.vocabulary": (
        Vulnerability("unchecked vocabulary lists (llama.cpp pull request 26690)", "llama.cpp before August 2026"),
    ),
    "gguf.byte-token": (
        Vulnerability("the PLaMo-2 heap write (llama.cpp pull request 26511)", "llama.cpp b5869 to b10252"),
    ),
    "gguf.projector": (
        Vulnerability(
            "the image buffers of llama.cpp issues 27166 and 27224",
            "llama.cpp before August 2026, one of them later too",
        ),
    ),
    "template.python": (Vulnerability("CVE-2024-34359", "llama-cpp-python before 0.2.72"),),
    "onnx.outside": (
        Vulnerability("CVE-2022-25882", "onnx before 1.13.0"),
        Vulnerability("CVE-2024-27318", "onnx before 1.16.0"),
        Vulnerability("CVE-2025-51480", "onnx 1.17.0"),
        Vulnerability("CVE-2026-27489", "onnx before 1.21.0"),
    ),
    "onnx.link": (
        Vulnerability("CVE-2026-34447", "onnx before 1.21.0"),
        Vulnerability("CVE-2026-27489", "onnx before 1.21.0"),
    ),
}
"""What is known about the files that a rule refuses, by the rule's name."""


def details_of(rule: str) -> str:
    """The rule's name, and the weaknesses that such a file is made for, as technical text."""
    known = "; ".join(f"{v.number} ({v.touches})" for v in KNOWN.get(rule, ()))
    return f"{rule}: {known}" if known else rule
