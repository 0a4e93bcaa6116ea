from __future__ import annotations

import random
import time

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from slmdesk.ui.theme import Theme
from slmdesk.ui.widgets.markdown import maths
from slmdesk.ui.widgets.markdown.blocks import Align, Code, Listing, Maths, Paragraph, Quote, Rule, Span, Table, plain
from slmdesk.ui.widgets.markdown.code import Lexers, Tone, contrast, highlight, language_name, load_lexer, tone_colors
from slmdesk.ui.widgets.markdown.maths import FormulaKey, Formulas
from slmdesk.ui.widgets.markdown.parse import may_open, parse
from slmdesk.ui.widgets.markdown.segments import LONGEST, Kind, Segment, Segmenter
from slmdesk.ui.widgets.markdown.side import SideThread

RICH = """# Title
Hello **b** and `c`.

- [x] done
- [ ] open
  - nested

    ```py
    - not an item
    ```
- last

para before a list:
1. one
2. two

\\[
x = 1
\\]
$$a$$

```python
def f():

    return 1
```
| a | b |
|--:|:-:|
| 1 | 2 |

> quote
> more

---
~~~
tildes
~~~
end without a line end"""


def segments(text: str, step: int) -> list[Segment]:
    segmenter, found = Segmenter(), []
    for at in range(0, len(text), step):
        found += segmenter.feed(text[at : at + step])
    return found + segmenter.close()


def only(text: str) -> object:
    blocks = parse(text)
    assert len(blocks) == 1, blocks
    return blocks[0]


def spans(text: str) -> tuple[Span, ...]:
    block = only(text)
    assert isinstance(block, Paragraph)
    return block.spans


# --- segments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50, 10_000])
def test_segments_do_not_depend_on_how_the_text_arrives(step: int) -> None:
    assert segments(RICH, step) == segments(RICH, 10_000)


def test_segments_hold_every_word_in_order() -> None:
    words = " ".join(part.text for part in segments(RICH, 5)).split()
    assert [w for w in words if w.isalpha()] == [
        w for w in RICH.replace("```python", "").replace("```py", "```py").split() if w.isalpha()
    ]


def test_segments_say_where_they_begin() -> None:
    for part in segments(RICH, 9):
        first = part.text.strip().splitlines()[0].strip()
        assert first in RICH[part.start : part.start + len(part.text) + 30]


def test_a_listing_is_a_segment_without_its_fences() -> None:
    code = [part for part in segments(RICH, 4) if part.kind is Kind.CODE]
    assert [(part.text, part.language) for part in code] == [("def f():\n\n    return 1", "python"), ("tildes", "")]


def test_an_open_listing_is_known_while_it_is_written() -> None:
    segmenter = Segmenter()
    text = "Look:\n```python\nx = 1\ny"
    closed = segmenter.feed(text)
    assert [part.text for part in closed] == ["Look:\n"]
    assert segmenter.open_code
    assert segmenter.language == "python"
    assert text[segmenter.body_start :] == "x = 1\ny"
    assert segmenter.close() == [Segment(Kind.CODE, "x = 1\ny", 6, "python")]


def test_closed_segments_never_come_again() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("one\n\ntwo\n") == [Segment(Kind.TEXT, "one\n\n", 0)]
    assert segmenter.feed("more\n\n") == [Segment(Kind.TEXT, "two\nmore\n\n", 5)]
    assert segmenter.tail_start == 15


def test_a_list_of_another_kind_begins_anew() -> None:
    found = segments("- a\n- b\n\n1. c\n2. d\n", 3)
    assert [part.continues for part in found] == [False, True, False, True]


def test_a_fence_inside_an_item_keeps_the_item_together() -> None:
    found = segments("1. do\n\n   ```\n   1. no\n\n   ```\n2. then\n", 2)
    assert [part.text.split("\n")[0] for part in found] == ["1. do", "2. then"]


def test_endless_text_is_cut() -> None:
    found = segments("word " * 20_000, 4_000)
    assert max(len(part.text) for part in found) <= LONGEST
    assert "".join(part.text for part in found) == "word " * 20_000


def test_a_long_table_stays_in_one_piece() -> None:
    table = "| a | b |\n|---|--:|\n" + "| some words | 1 |\n" * 400
    assert [len(part.text) for part in segments(table, 100)] == [len(table)]
    assert len(segments("word word\n" * 700, 100)) > 1


def test_random_text_in_random_pieces() -> None:
    picks = random.Random(3)
    parts = [
        "\n",
        "\n\n",
        "- ",
        "1. ",
        "```\n",
        "~~~",
        "$$",
        "> ",
        "# ",
        "a b",
        "    ",
        "| x |",
        "**",
        "\\[",
        "\\]",
        "---",
    ]
    for _ in range(150):
        text = "".join(picks.choice(parts) for _ in range(40))
        whole = segments(text, len(text) or 1)
        segmenter, found, at = Segmenter(), [], 0
        while at < len(text):
            size = picks.randint(1, 9)
            found += segmenter.feed(text[at : at + size])
            at += size
        assert found + segmenter.close() == whole
        for part in whole:
            parse(part.text)


# --- blocks ------------------------------------------------------------------------------------------------------


def test_styles() -> None:
    assert spans("a **b** *c* ~~d~~ `e`") == (
        Span("a "),
        Span("b", bold=True),
        Span(" "),
        Span("c", italic=True),
        Span(" "),
        Span("d", strike=True),
        Span(" "),
        Span("e", code=True),
    )


def test_headings_rules_quotes() -> None:
    assert only("## Two") == Paragraph((Span("Two"),), 2)
    assert only("---") == Rule()
    assert only("> a") == Quote((Paragraph((Span("a"),)),))


def test_lists_nested_numbered_and_tasks() -> None:
    block = only("3. a\n4. b\n   - [x] done\n   - [ ] open\n")
    assert isinstance(block, Listing)
    assert [item.number for item in block.items] == [3, 4]
    nested = block.items[1].blocks[1]
    assert isinstance(nested, Listing)
    assert [(item.checked, plain(item.blocks[0].spans)) for item in nested.items] == [(True, "done"), (False, "open")]  # type: ignore[union-attr]


def test_tables_have_aligned_columns() -> None:
    block = only("| a | b | c |\n|---|--:|:-:|\n| 1 | **2** | 3 |\n")
    assert isinstance(block, Table)
    assert block.aligns == (Align.LEFT, Align.RIGHT, Align.CENTER)
    assert block.rows[1][1] == (Span("2", bold=True),)


@pytest.mark.parametrize("source", ["$$x^2$$", "$$\nx^2\n$$", "\\[x^2\\]", "\\[\nx^2\n\\]"])
def test_displayed_maths(source: str) -> None:
    assert only(source) == Maths("x^2")


@pytest.mark.parametrize("source", ["see $x^2$ there", "see \\(x^2\\) there"])
def test_inline_maths(source: str) -> None:
    assert Span("x^2", maths=True) in spans(source)


def test_prices_are_not_maths() -> None:
    assert spans("costs $5 and $6.") == (Span("costs $5 and $6."),)


def test_indented_code() -> None:
    assert only("    x = 1\n    y = 2\n") == Code("x = 1\ny = 2")


# --- what could reach out ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["https://a.org/x?y=1", "http://localhost:8080/", "mailto:a@b.org"])
def test_web_and_mail_addresses_are_links(address: str) -> None:
    assert may_open(address)
    assert [s.link for s in spans(f"[x]({address})")] == [address]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "vbscript:x", "ftp://a.org", "//a.org", "x.html",
     "JaVaScRiPt:alert(1)", "slmdesk://x", "http:///x", "C:\\x"],
)  # fmt: skip
def test_other_addresses_are_text(address: str) -> None:
    assert not may_open(address)
    assert not any(s.link for s in spans(f"[label]({address}) <{address}>"))


def test_bare_addresses_become_links() -> None:
    assert [s.link for s in spans("at https://a.org/b now, not a.org")] == ["", "https://a.org/b", ""]


def test_html_is_text() -> None:
    text = plain(spans("<script>x</script> <img src=http://a.org/b.png> <a href='file:///x'>y</a>"))
    assert text == "<script>x</script> <img src=http://a.org/b.png> <a href='file:///x'>y</a>"


def test_pictures_are_shown_as_text() -> None:
    assert spans("![a cat](http://a.org/c.png)") == (Span("[image: a cat] (http://a.org/c.png)"),)


def test_deep_nesting_is_bounded() -> None:
    began = time.perf_counter()
    parse("> " * 3_000 + "x")
    parse("- " * 500 + "x")
    parse("*" * 3_000 + "x")
    parse("[" * 3_000)
    assert time.perf_counter() - began < 2.0


# --- code --------------------------------------------------------------------------------------------------------


def test_python_is_coloured() -> None:
    text = 'def f():\n    return "x"  # why\n'
    found = {text[a:b]: tone for a, b, tone in highlight(text, load_lexer("python"))}
    assert found["def"] is Tone.KEYWORD
    assert found["f"] is Tone.NAME
    assert found["# why"] is Tone.COMMENT
    assert Tone.STRING in found.values()


def test_an_unknown_language_stays_plain() -> None:
    assert load_lexer("no such language") is None
    assert list(highlight("x", None)) == []


@pytest.mark.parametrize(
    ("info", "name"), [("python", "python"), ('JS title="x"', "js"), ("{.rust}", "rust"), ("c++", "c++"), ("", "")]
)
def test_the_name_of_the_language(info: str, name: str) -> None:
    assert language_name(info) == name


@pytest.mark.parametrize("name", ["light", "dark"])
def test_code_colours_can_be_read(qapp: QApplication, name: str) -> None:
    theme = Theme(name)  # type: ignore[arg-type]
    for color in tone_colors(theme).values():
        assert contrast(color, theme.color("code")) >= 4.5


# --- formulas and the side thread ----------------------------------------------------------------------------------


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


def test_a_formula_becomes_a_picture(qtbot: QtBot, owner: QObject) -> None:
    formulas = Formulas(SideThread(owner), owner)
    key = FormulaKey(r"\frac{a}{b}", display=True, pixels=14, color="#112233")
    with qtbot.waitSignal(formulas.ready, timeout=20_000):
        assert formulas.get(key) is None
    formula = formulas.get(key)
    assert formula is not None
    assert not formula.failed
    assert formula.width > 5
    assert formula.ascent > 5
    assert formula.descent > 2


@pytest.mark.parametrize("source", [r"\frac{", "x" * (maths.LONGEST + 1), "{" * 100 + "}" * 100])
def test_a_formula_that_cannot_be_set_stays_text(qtbot: QtBot, owner: QObject, source: str) -> None:
    formulas = Formulas(SideThread(owner), owner)
    key = FormulaKey(source, display=False, pixels=14, color="#000000")
    if formulas.get(key) is None:
        qtbot.waitUntil(lambda: formulas.get(key) is not None, timeout=20_000)
    formula = formulas.get(key)
    assert formula is not None
    assert formula.failed


def test_work_that_takes_too_long_is_given_up(qtbot: QtBot, owner: QObject) -> None:
    side = SideThread(owner)
    results: list[object] = []

    def endless() -> None:
        while True:
            time.sleep(0.001)

    side.submit(endless, results.append, 0.1)
    side.submit(lambda: 42, results.append)
    qtbot.waitUntil(lambda: results == [None, 42], timeout=5_000)


def test_a_lexer_is_loaded_aside(qtbot: QtBot, owner: QObject) -> None:
    lexers = Lexers(SideThread(owner), owner)
    with qtbot.waitSignal(lexers.ready, timeout=20_000):
        assert lexers.get("toml") == (False, None)
    known, lexer = lexers.get("toml")
    assert known
    assert lexer is not None
    assert lexers.get("") == (True, None)
