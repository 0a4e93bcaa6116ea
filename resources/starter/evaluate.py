"""The quality gate: ask the shipped GGUF every held-out question and see whether the right intent answers.

Each question goes through the chat template and llama.cpp with greedy sampling. The answer is taken for the intent
whose written answer is nearest to it; when none is as near as ``NEAR``, it counts as wrong. The gate is 85 % of the
held-out questions. Held-out perplexity is that of the right answers (with their end mark) given the held-out questions.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import random
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from dialogues import Corpus, held_out_questions, load, probe_questions

if TYPE_CHECKING:
    from llama_cpp import Llama

HERE = Path(__file__).resolve().parent
MODEL = HERE / "slmdesk-starter-f16.gguf"
GATE = 0.85
NEAR = 0.8


def open_model(path: Path = MODEL, threads: int = 1) -> Llama:
    """The model in llama.cpp, ready to answer."""
    from llama_cpp import Llama

    return Llama(str(path), n_ctx=1024, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False)


def prompt(question: str) -> str:
    """The rendered prompt of a chat that begins with this question."""
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


def answer(model: Llama, question: str) -> str:
    """The greedy answer to one question."""
    tokens = model.tokenize(prompt(question).encode(), add_bos=False, special=True)
    result = model.create_completion(tokens, max_tokens=200, temperature=0.0, repeat_penalty=1.0)
    return str(result["choices"][0]["text"]).strip()


def intent_of(text: str, corpus: Corpus) -> str:
    """The intent whose written answer this is (exactly or nearly), or an empty string."""
    best, name = NEAR, ""
    for intent in corpus.intents.values():
        for written in intent.answers:
            if written == text:
                return intent.name
            matcher = difflib.SequenceMatcher(None, text, written, autojunk=False)
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and matcher.ratio() > best:
                best, name = matcher.ratio(), intent.name
    return name


def nats(model: Llama, question: str, right: str) -> tuple[float, int]:
    """Summed negative log-likelihood of the right answer and its number of tokens."""
    head = model.tokenize(prompt(question).encode(), add_bos=False, special=True)
    tail = model.tokenize((right + "<|im_end|>").encode(), add_bos=False, special=True)
    model.reset()
    model.eval(head + tail)
    rows = np.array(model.scores[len(head) - 1 : len(head) + len(tail) - 1], dtype=np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    chosen = rows[np.arange(len(tail)), tail] - np.log(np.exp(rows).sum(axis=1))
    return float(-chosen.sum()), len(tail)


def same_family(first: str, second: str) -> bool:
    """Whether both are intents for what the model does not know."""
    return first.startswith("unknown.") and second.startswith("unknown.")


def score(
    model: Llama, corpus: Corpus, questions: list[tuple[str, str]], wrong: list[str]
) -> dict[str, dict[str, float]]:
    """Per topic and in total: number of questions, share answered with the right intent, or at least in its family."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, question in questions:
        text = answer(model, question)
        got = intent_of(text, corpus)
        exact = text in corpus.intents[name].answers
        for key in (name.split(".")[0], "all"):
            row = counts[key]
            row[0] += 1
            row[1] += got == name
            row[2] += got == name or same_family(got, name)
            row[3] += exact
        if got != name:
            wrong.append(f"{name}: {question!r} -> {got or 'garbled'}: {text!r}")
    return {
        key: {"questions": n, "intent": a / n, "family": b / n, "word for word": c / n}
        for key, (n, a, b, c) in counts.items()
    }


def show(title: str, result: dict[str, dict[str, float]]) -> None:
    """Print one table."""
    print(f"\n{title}\n{'topic':<12}{'questions':>10}{'intent':>9}{'family':>9}{'verbatim':>9}")
    for key in sorted(result, key=lambda name: (name == "all", name)):
        row = result[key]
        print(
            f"{key:<12}{row['questions']:>10.0f}{row['intent']:>9.1%}{row['family']:>9.1%}{row['word for word']:>9.1%}"
        )


def main() -> None:
    """Run the gate and leave a report; the exit status tells whether the gate is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--report", type=Path, help="where to write the figures as JSON")
    parser.add_argument("--wrong", action="store_true", help="list the wrong answers")
    parser.add_argument("--limit", type=int, default=0, help="only so many held-out questions, drawn with a fixed seed")
    options = parser.parse_args()
    corpus = load()
    model = open_model(options.model)
    questions = held_out_questions(corpus)
    if options.limit:
        questions = random.Random(1).sample(questions, min(options.limit, len(questions)))
    wrong: list[str] = []
    held = score(model, corpus, questions, wrong)
    plain = score(model, corpus, [(name, text.lower().rstrip("?.")) for name, text in questions], [])
    probe = score(model, corpus, probe_questions(), wrong)
    pairs = [nats(model, text, corpus.intents[name].answers[0]) for name, text in questions]
    perplexity = math.exp(sum(loss for loss, _ in pairs) / sum(count for _, count in pairs))
    show("Held-out questions", held)
    show("The same in small letters without marks", plain)
    show("Free probe", probe)
    print(f"\nHeld-out perplexity of the right answers: {perplexity:.3f}")
    if options.wrong:
        print("\n" + "\n".join(wrong))
    if options.report:
        report = {
            "intents": len(corpus.intents),
            "held_out": held,
            "small_letters": plain,
            "probe": probe,
            "perplexity": perplexity,
        }
        options.report.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    passed = held["all"]["intent"] >= GATE
    print(f"\nGate of {GATE:.0%}: {'passed' if passed else 'NOT passed'}")
    raise SystemExit(0 if passed else 1)


if __name__ == "__main__":
    main()
