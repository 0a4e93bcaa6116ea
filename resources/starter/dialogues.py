"""The starter model's written material: intents, question forms, answers, and the conversations made of them.

The folder ``data`` holds plain text files. One block is one intent::

    [quant.q4_k_m]                          the intent's id; the part before the first dot is its topic
    @what Q4_K_M | the type Q4_K_M          question frames (data/frames.txt) filled with these subjects
    is Q4_K_M good | do you like Q4_K_M     question forms written out, separated by a bar
    > Q4_K_M keeps about 4.9 bits ...       the answer; following lines belong to it, a further ">" is a variant

A form may hold slots such as ``{country}`` (data/slots.txt) or ``{int}`` (a random number). Part of the forms and of
the slot items is never used for training: they are the held-out questions. Only the standard library is needed here.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"
HOLD_OUT_SEED = "slmdesk-starter-2"
NOT_INTENTS = {"frames.txt", "slots.txt", "probe.txt"}

SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You are a helpful assistant.",
    "You are a friendly and concise assistant.",
    "You are SLMDesk's starter model.",
    "Answer briefly and honestly.",
    "You are a helpful AI assistant. Keep your answers short.",
    "You are a helpful assistant that explains things in plain words.",
)
OPENERS = (
    "hey, ", "hi, ", "hello, ", "please, ", "can you tell me ", "could you tell me ", "I want to know ",
    "quick question: ", "so, ", "ok, ", "okay, ", "tell me, ", "one question: ", "and ", "just curious: ", "sorry, ",
    "hey SLMDesk, ", "well, ", "now, ", "good day, ", "I am new here, ", "I was wondering, ", "do you know ",
)  # fmt: skip
CLOSERS = (
    " please",
    " thanks",
    ", please",
    " in short",
    " in simple words",
    " for a beginner",
    " exactly",
    " then",
    " here",
    " now",
)
OPENERS_DA = ("hej, ", "hej ", "ok, ", "kan du fortælle mig ", "undskyld, ", "og ")
QUESTION_WORDS = frozenset(
    """
    what what's whats who who's whos where where's when why how how's which whose is are am was were can could do does
    did should would will shall may might must has have isn't aren't doesn't don't won't hvad hvem hvor hvordan
    hvornår hvorfor hvilken hvilket hvilke er kan har skal må virker bliver findes koster bruger sender
    """.split()  # noqa: SIM905
)
LOOSE_WORDS = frozenset("the a an is are do does i to of for my me in on it please".split())  # noqa: SIM905
# Words that may stand for each other in a question, and beginnings that ask the same thing.
SYNONYMS = tuple(
    tuple(line.split(", "))
    for line in """
computer, machine, PC, device
chat, conversation
delete, remove, erase
choose, pick, select, take
big, large
fast, quick
answer, reply, response
answers, replies, responses
app, program, application
start, begin
picture, image, photo
make, create
see, find, look at
show, display
graphics card, GPU, video card
memory, RAM
internet, web
error, problem
very, really
help, assist
strong, powerful
mean, stand for
different, other
explain, describe
good, useful
laptop, notebook
folder, directory
settings, preferences, options
stop, cancel, halt
download, fetch
kind, type, sort
need, require
needed, required, necessary
change, modify, alter, adjust
save, store
search for, look for, find
way, method
slow, sluggish
small, little, tiny
happens, occurs
works, functions
many, lots of
often, frequently
let, allow
hard disk, disk, drive, hard drive
words, terms
send, submit
possible, feasible
right, correct
wrong, incorrect
switch, change
use, work with
best, ideal
want, would like
""".strip().splitlines()
)
BEGINNINGS_ALIKE = (
    (
        "how do I ",
        "how can I ",
        "how would I ",
        "how to ",
        "tell me how to ",
        "what do I do to ",
        "I want to ",
        "I need to ",
    ),
    ("what is ", "what's ", "tell me what is ", "explain "),
    ("can I ", "may I ", "is it possible to ", "could I ", "am I able to "),
    ("does SLMDesk ", "can SLMDesk ", "will SLMDesk "),
    ("where is ", "where do I find ", "where can I see ", "I am looking for "),
    ("where do I ", "where can I ", "how do I "),
    ("which ", "what "),
    ("do I need ", "must I have ", "do I have to have ", "is there need for "),
    ("do I have to ", "must I ", "do I need to ", "should I "),
    ("why is ", "how come ", "what is the reason that "),
    ("are you ", "would you say you are "),
)
# How often a form written out is drawn where an intent has framed ones as well.
WRITTEN = 0.6
SLOT = re.compile(r"\{(\w+)\}")


@dataclass
class Intent:
    """One thing a person may ask, with the forms of the question and the answers that are right for it."""

    name: str
    written: list[str] = field(default_factory=list)
    framed: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    development: list[str] = field(default_factory=list)

    @property
    def topic(self) -> str:
        """The part of the name before the first dot."""
        return self.name.split(".")[0]

    @property
    def danish(self) -> bool:
        """Whether this intent is asked and answered in Danish."""
        return self.topic == "da"

    @property
    def slotted(self) -> bool:
        """Whether the forms contain slots, so that there are more questions than forms."""
        return any(SLOT.search(form) for form in self.written)


@dataclass
class Corpus:
    """All intents and the slot items, split into what may be trained on and what is held out."""

    intents: dict[str, Intent]
    slots: dict[str, list[str]]
    held_slots: dict[str, list[str]]
    reserved: set[str]
    owner: dict[str, str]


def normalise(text: str) -> str:
    """Lower case, letters and digits only: two forms that are equal after this are the same form."""
    return " ".join(re.findall(r"[\w+*/{}]+", text.lower()))


def _rank(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join((HOLD_OUT_SEED, *parts)).encode()).digest()[:8], "big")


def _sections(path: Path) -> Iterator[tuple[str, list[str]]]:
    name, lines = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        heading = re.fullmatch(r"\[([a-z0-9_.-]+)\]", line.strip())
        if heading:
            if name:
                yield name, lines
            name, lines = heading[1], []
        elif not line.startswith("# "):
            lines.append(line)
    if name:
        yield name, lines


def _parse_intent(name: str, lines: list[str], frames: dict[str, list[str]]) -> Intent:
    intent = Intent(name)
    for line in lines:
        if line.startswith(">"):
            intent.answers.append(line[1:].strip())
        elif intent.answers:
            intent.answers[-1] += "\n" + line.rstrip()
        elif line.startswith("@"):
            names, subjects = line[1:].split(" ", 1)
            for subject in (part.strip() for part in subjects.split(" | ")):
                first, _, second = subject.partition(" :: ")
                for frame in (f for n in names.split(",") for f in frames[n]):
                    intent.framed.append(frame.replace("{x}", subject).replace("{a}", first).replace("{b}", second))
        elif line.strip():
            intent.written.extend(part.strip() for part in line.split(" | ") if part.strip())
    intent.answers = [answer.strip() for answer in intent.answers]
    return intent


def _hold_out(forms: list[str], name: str, least: int, most: int) -> list[str]:
    count = min(most, max(least, round(len(forms) * 0.15)))
    return sorted(forms, key=lambda form: _rank(name, normalise(form)))[: min(count, max(0, len(forms) - 3))]


def load(folder: Path = DATA) -> Corpus:
    """Read the folder and split off the held-out forms and items (the same ones every time)."""
    frames = {
        name: [line.strip() for line in lines if line.strip()] for name, lines in _sections(folder / "frames.txt")
    }
    items = {
        name: [part.strip() for line in lines for part in line.split(" | ") if part.strip()]
        for name, lines in _sections(folder / "slots.txt")
    }
    intents: dict[str, Intent] = {}
    # Nothing of the free probe may become a form.
    owner: dict[str, str] = {normalise(text): "" for _, text in probe_questions(folder)}
    for path in sorted(folder.glob("*.txt")):
        if path.name in NOT_INTENTS:
            continue
        for name, lines in _sections(path):
            intent = _parse_intent(name, lines, frames)
            if name in intents:
                # A further block of the same name only adds forms that nobody has claimed.
                first = intents[name]
                if intent.answers:
                    raise ValueError(f"intent {name} is answered twice")
                for form in intent.written:
                    if normalise(form) not in owner:
                        owner[normalise(form)] = name
                        first.written.append(form)
                continue
            if not intent.answers or not (intent.written or intent.framed):
                raise ValueError(f"intent {name} lacks questions or answers")
            # A form written out wins over a framed one; the first intent to claim a form keeps it.
            for kind in (intent.written, intent.framed):
                kind[:] = [form for form in dict.fromkeys(kind) if owner.setdefault(normalise(form), name) == name]
                unique = {normalise(form): form for form in reversed(kind)}
                kind[:] = [form for form in kind if unique[normalise(form)] is form]
            known = {normalise(form) for form in intent.written}
            intent.framed = [form for form in intent.framed if normalise(form) not in known]
            intents[name] = intent
    for intent in intents.values():
        # The first form written out is the intent's canonical question and always stays in training.
        intent.held_out = _hold_out(intent.written[1:], intent.name, 2 if len(intent.framed) < 4 else 1, 3)
        intent.held_out += _hold_out(intent.framed, intent.name, 2, 3)
        # One more form of each intent is kept back to judge a run by while it is being worked on.
        left = [form for form in intent.written[1:] + intent.framed if form not in intent.held_out]
        if len(left) > 4 and not intent.slotted:
            intent.development = [min(left, key=lambda form: _rank("development", intent.name, normalise(form)))]
        held = {*intent.held_out, *intent.development}
        intent.written = [form for form in intent.written if form not in held]
        intent.framed = [form for form in intent.framed if form not in held]
    held_slots = {
        name: sorted(values, key=lambda item: _rank("slot", name, item))[: max(2, len(values) // 7)]
        for name, values in items.items()
    }
    slots = {name: [item for item in values if item not in held_slots[name]] for name, values in items.items()}
    reserved = {normalise(form) for intent in intents.values() for form in intent.held_out + intent.development}
    return Corpus(intents, slots, held_slots, reserved, owner)


def fill(form: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """Replace each slot by a random item."""

    def item(match: re.Match[str]) -> str:
        if match[1] == "int":
            return str(
                rng.choice((rng.randint(2, 12), rng.randint(2, 99), rng.randint(2, 999), rng.randint(100, 99999)))
            )
        return rng.choice(slots[match[1]])

    return SLOT.sub(item, form)


def present(form: str) -> str:
    """A form as a careful person would type it: capital letter, a question mark after a question."""
    words = form.split()
    text = form[:1].upper() + form[1:]
    if text[-1:] in "?.!:)":
        return text
    return text + "?" if words and words[0].lower().strip(",") in QUESTION_WORDS else text


def _typo(text: str, rng: random.Random) -> str:
    spots = [i for i in range(1, len(text) - 2) if text[i].isalpha() and text[i + 1].isalpha()]
    if not spots:
        return text
    i = rng.choice(spots)
    kind = rng.random()
    if kind < 0.4:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    if kind < 0.75:
        return text[:i] + text[i + 1 :]
    return text[:i] + text[i] + text[i:]


def _reword(text: str, rng: random.Random) -> str:
    if rng.random() < 0.35:
        for alike in BEGINNINGS_ALIKE:
            found = [start for start in alike if text.startswith(start) and len(text) > len(start) + 6]
            if found:
                text = rng.choice(alike) + text[len(found[0]) :]
                break
    if rng.random() < 0.45:
        groups = [(group, word) for group in SYNONYMS for word in group if re.search(rf"\b{word}\b", text)]
        for group, word in rng.sample(groups, min(len(groups), rng.choice((1, 1, 2)))):
            text = re.sub(rf"\b{word}\b", rng.choice(group), text, count=1)
    return text


def _shorten(text: str, rng: random.Random) -> str:
    """Now and then without a small word, without some other word, or in key words alone."""
    words, style = text.split(), rng.random()
    loose = [i for i, word in enumerate(words) if word.lower() in LOOSE_WORDS]
    if len(words) < 5 or style >= 0.2:
        return text
    if style < 0.1:
        gone = {rng.choice(loose)} if loose else set()
    elif style < 0.15:
        gone = {rng.randrange(len(words))}
    else:
        gone = set(loose) if len(words) - len(loose) >= 2 else set()
    return " ".join(word for i, word in enumerate(words) if i not in gone)


def _marks(text: str, rng: random.Random) -> str:
    style = rng.random()
    if style < 0.45:
        text = present(text)
        if rng.random() < 0.2:
            text = text.rstrip("?")
    elif style < 0.85:
        text = text.lower() if rng.random() < 0.7 else text
        if rng.random() < 0.35 and text[-1:] not in "?.!":
            text += "?"
    else:
        text = text[:1].upper() + text[1:]
        if text[-1:] not in "?.!":
            text += rng.choice(("", ".", "?", " ?", "??"))
    return text


def vary(form: str, rng: random.Random, danish: bool = False) -> str:
    """A form as people really type it: openers, another name of the application, small letters, typos, no marks."""
    text = form
    if "SLMDesk" in text and rng.random() < 0.3:
        text = text.replace(
            "SLMDesk",
            rng.choice(("slmdesk", "SLM Desk", "this app", "the app", "this program", "Slmdesk", "this application")),
        )
    if not danish:
        text = _reword(text, rng)
    text = _shorten(text, rng)
    if rng.random() < 0.22:
        opener = rng.choice(OPENERS_DA if danish else OPENERS)
        text = opener + text
    elif not danish and rng.random() < 0.08 and text[-1] not in "?.!":
        text += rng.choice(CLOSERS)
    text = _marks(text, rng)
    if rng.random() < 0.18:
        text = _typo(text, rng)
    return text


def question(intent: Intent, corpus: Corpus, rng: random.Random) -> str:
    """A training question for an intent (never one of its held-out forms, never a held-out slot item)."""
    while True:
        pool = intent.written if intent.written and (not intent.framed or rng.random() < WRITTEN) else intent.framed
        text = vary(fill(rng.choice(pool), corpus.slots, rng), rng, intent.danish)
        # An opener or a dropped word could turn one form into another that is held out, or that asks something else.
        form = normalise(text)
        if form not in corpus.reserved and corpus.owner.get(form, intent.name) == intent.name:
            return text


def weight(intent: Intent) -> float:
    """How often an intent is drawn; what has many faces is drawn more often."""
    if intent.topic == "unknown":
        return 7.0
    if intent.topic in {"hello", "first", "self", "trouble"}:
        return 2.0
    return 1.0


def conversation(corpus: Corpus, rng: random.Random, turns: int = 0) -> tuple[list[tuple[str, str]], list[str]]:
    """A conversation of one to nine turns as (role, text) pairs, sometimes after a system message, and its intents."""
    names = list(corpus.intents)
    weights = [weight(corpus.intents[name]) for name in names]
    turns = turns or rng.choices((1, 2, 3, 4, 6, 9), (50, 24, 13, 8, 4, 1))[0]
    messages: list[tuple[str, str]] = []
    asked: list[str] = []
    if rng.random() < 0.25:
        messages.append(("system", rng.choice(SYSTEM_PROMPTS)))
    for turn in range(turns):
        name = rng.choices(names, weights)[0]
        if turns > 1 and turn == 0 and rng.random() < 0.25:
            name = "hello.hello"
        elif turns > 1 and turn == turns - 1 and rng.random() < 0.12:
            name = "hello.thanks"
        intent = corpus.intents[name]
        asked.append(name)
        messages.append(("user", question(intent, corpus, rng)))
        messages.append(("assistant", rng.choice(intent.answers)))
    return messages, asked


def held_out_questions(corpus: Corpus, per_slotted: int = 12) -> list[tuple[str, str]]:
    """Every held-out question as (intent name, question): forms, and for slots also items, that training never saw."""
    result: list[tuple[str, str]] = []
    for intent in corpus.intents.values():
        if not intent.slotted:
            result += [(intent.name, present(form)) for form in intent.held_out]
            continue
        rng = random.Random(_rank("held", intent.name))
        forms = intent.written
        unseen = [form for form in forms if SLOT.search(form) and "{int}" not in form] or [
            form for form in forms if SLOT.search(form)
        ]
        seen: set[str] = set()
        for number in range(per_slotted * 3):
            form = rng.choice(intent.held_out if number % 2 and intent.held_out else unseen)
            text = present(fill(form, corpus.held_slots, rng))
            if text not in seen and len(seen) < per_slotted:
                seen.add(text)
                result.append((intent.name, text))
    return result


def development_questions(corpus: Corpus) -> list[tuple[str, str]]:
    """Questions kept out of training to compare runs by, as (intent name, question)."""
    return [(intent.name, present(form)) for intent in corpus.intents.values() for form in intent.development]


def probe_questions(folder: Path = DATA) -> list[tuple[str, str]]:
    """The free probe: questions written apart from all frames and forms, as (intent name, question)."""
    return [(name, line.strip()) for name, lines in _sections(folder / "probe.txt") for line in lines if line.strip()]


if __name__ == "__main__":
    loaded = load()
    training = sum(len(i.written) + len(i.framed) for i in loaded.intents.values())
    held = len(held_out_questions(loaded))
    print(f"{len(loaded.intents)} intents, {training} training forms, {held} held-out questions")
