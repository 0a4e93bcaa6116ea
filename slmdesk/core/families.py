"""Which family a model belongs to, who made it, and what its template says that it can do."""

from __future__ import annotations

import re

from slmdesk.core.models import Ability

_BY_NAME = (
    # what a name or an architecture begins with or has as a word, most telling first
    ("deepseek", "DeepSeek"),
    ("smollm", "SmolLM"),
    ("smolvlm", "SmolLM"),
    ("tinyllama", "TinyLlama"),
    ("codellama", "Llama"),
    ("nemotron", "Nemotron"),
    ("ministral", "Mistral"),
    ("mistral", "Mistral"),
    ("mixtral", "Mistral"),
    ("devstral", "Mistral"),
    ("codestral", "Mistral"),
    ("magistral", "Mistral"),
    ("voxtral", "Mistral"),
    ("gpt-oss", "gpt-oss"),
    ("gpt_oss", "gpt-oss"),
    ("bitnet", "BitNet"),
    ("granite", "Granite"),
    ("qwen", "Qwen"),
    ("qwq", "Qwen"),
    ("phi", "Phi"),
    ("gemma", "Gemma"),
    ("llama", "Llama"),
    ("falcon", "Falcon"),
    ("olmo", "OLMo"),
    ("exaone", "EXAONE"),
    ("internlm", "InternLM"),
    ("minicpm", "MiniCPM"),
    ("lfm", "LFM"),
    ("command-r", "Command"),
    ("cohere", "Command"),
    ("aya", "Aya"),
    ("apertus", "Apertus"),
    ("hermes", "Hermes"),
    ("glm", "GLM"),
    ("chatglm", "GLM"),
    ("ernie", "ERNIE"),
    ("hunyuan", "Hunyuan"),
    ("stablelm", "StableLM"),
    ("starcoder", "StarCoder"),
    ("mamba", "Mamba"),
    ("rwkv", "RWKV"),
    ("plamo", "PLaMo"),
    ("nomic", "Nomic Embed"),
    ("bge", "BGE"),
    ("jina", "Jina"),
    ("mxbai", "mxbai"),
    ("bert", "BERT"),
)
_FAMILIES = tuple((re.compile(rf"(?<![a-z]){re.escape(mark)}"), family) for mark, family in _BY_NAME)
_LONGEST = 200  # characters of a name that are looked at
_BUILDS_OF_MANY = {"llama", "mistral", "gpt2", "mamba"}  # architectures that many families share

EMBEDDING_BUILDS = frozenset(
    {
        *(
            "bert",
            "nomic-bert",
            "nomic-bert-moe",
            "neo-bert",
            "jina-bert-v2",
            "jina-bert-v3",
            "modern-bert",
            "eurobert",
        ),
        *("eurobert", "gemma-embedding", "t5encoder", "distilbert", "roberta", "xlm-roberta", "nomic_bert", "mpnet"),
    }
)
"""Architectures that turn text into numbers and cannot write."""

_THINKS = re.compile(
    r"</?think>|<\|?/?thinking|\[THINK\]|enable_thinking|reasoning_content|reasoning_effort|<\|channel\|>"
    r"|<seed:think>|thinking_budget|\bthinking\b *(?:is|==|in)|add_thought|<\|START_THINKING\|>|<unused94>"
)
_TOOLS = re.compile(r"{[%{][^{}]*\btools\b")


def family_of(architecture: str, *names: str) -> str:
    """The family, such as "Qwen": by the first of ``names`` (best first) that tells it, else by the architecture."""
    for text in (*names, "" if architecture in _BUILDS_OF_MANY else architecture):
        lowered = text[:_LONGEST].casefold()
        for mark, family in _FAMILIES:
            if mark.search(lowered):
                return family
    return _plain(architecture)


def _plain(architecture: str) -> str:
    return {"llama": "Llama", "mistral": "Mistral", "mamba": "Mamba", "gpt2": "GPT-2"}.get(architecture, "")


def template_abilities(template: str) -> set[Ability]:
    """What the template has room for: tools, and thinking before the answer."""
    found = set()
    if _TOOLS.search(template):
        found.add(Ability.TOOLS)
    if _THINKS.search(template):
        found.add(Ability.THINKING)
    return found
