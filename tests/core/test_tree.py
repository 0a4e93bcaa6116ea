from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmdesk.core.chat import Message, Role
from slmdesk.core.tree import MessageTree


def message(name: str, parent: str | None = None, created: float = 0.0) -> Message:
    role = Role.USER if name.startswith("u") else Role.ASSISTANT
    return Message(role, f"text of {name}", id=name, parent_id=parent, created=created)


def check(tree: MessageTree, expected: dict[str, Message]) -> None:
    """Every expected message is in the tree, reachable from the roots, and can be shown."""
    listed = list(tree)
    assert len(listed) == len(tree) == len(expected)
    assert {m.id: m for m in listed} == expected
    seen: set[str] = set()
    for item in listed:
        assert item.parent_id is None or item.parent_id in seen
        seen.add(item.id)
        place, siblings = tree.siblings(item.id)
        assert siblings[place] == item.id
        assert len(set(siblings)) == len(siblings)
    if not expected:
        assert tree.leaf_id is None
        assert tree.path() == []
    elif tree.leaf_id is not None:
        assert tree.path()[-1].id == tree.leaf_id
        assert tree.children(tree.leaf_id) == []
    else:
        raise AssertionError("messages are there, but none is shown")


class Walk:
    """Random operations on a tree, mirrored in a plain dictionary of what must be reachable."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tree = MessageTree()
        self.expected: dict[str, Message] = {}
        self.bin: list[list[Message]] = []
        self.count = 0

    def new(self, role: Role, parent: str | None) -> None:
        self.count += 1
        item = Message(role, str(self.count), id=f"m{self.count}", parent_id=parent, created=float(self.count))
        self.tree.add(item)
        self.expected[item.id] = item
        assert self.tree.leaf_id == item.id

    def any(self) -> Message:
        return self.expected[self.random.choice(list(self.expected))]

    def add(self) -> None:
        leaf = self.tree.leaf_id
        asks = leaf is None or self.tree[leaf].role is Role.ASSISTANT
        self.new(Role.USER if asks else Role.ASSISTANT, leaf)

    def branch(self) -> None:
        item = self.any()
        self.new(item.role, item.parent_id)

    def edit(self) -> None:
        item = self.any()
        self.expected[item.id] = replace(item, text=item.text + "!")
        self.tree.update(replace(self.expected[item.id], parent_id="nonsense"))

    def select(self) -> None:
        item = self.any()
        self.tree.select(item.id)
        assert item in self.tree.path()

    def remove(self) -> None:
        item = self.any()
        taken = self.tree.remove(item.id)
        assert taken[0].id == item.id
        self.bin.append(taken)
        for gone in taken:
            del self.expected[gone.id]

    def restore(self) -> None:
        taken = self.bin.pop(self.random.randrange(len(self.bin)))
        self.tree.restore(taken)
        for back in taken:
            parent = back.parent_id if back.parent_id in self.expected else None
            self.expected[back.id] = replace(back, parent_id=parent)
        assert taken[0].id in {m.id for m in self.tree.path()}

    def step(self) -> None:
        operations = [self.add] * 6
        if self.expected:
            operations += [self.branch, self.branch, self.edit, self.select, self.select, self.remove]
        if self.bin:
            operations.append(self.restore)
        self.random.choice(operations)()


@pytest.mark.parametrize("seed", range(3))
def test_ten_thousand_random_operations_keep_every_message_reachable(seed: int) -> None:
    walk = Walk(seed)
    for number in range(10_000):
        walk.step()
        if number < 300 or number % 500 == 0:
            check(walk.tree, walk.expected)
    while walk.bin:
        walk.restore()
    check(walk.tree, walk.expected)
    assert len(walk.tree) == walk.count
    reopened = MessageTree(walk.tree, walk.tree.leaf_id)
    check(reopened, walk.expected)
    assert reopened.leaf_id == walk.tree.leaf_id


names = st.sampled_from([f"m{n}" for n in range(8)])


@given(st.lists(st.tuples(names, st.none() | names, st.floats(0, 9))), st.none() | names)
def test_any_rows_give_a_tree_with_every_message(rows: list[tuple[str, str | None, float]], leaf: str | None) -> None:
    """A damaged file may hold orphans, rings, messages that are their own parent, and ids that occur twice."""
    tree = MessageTree([message(*row) for row in rows], leaf)
    check(tree, {m.id: m for m in tree})
    assert {m.id for m in tree} == {row[0] for row in rows}


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 9)), min_size=1, max_size=30), st.integers(0, 200))
def test_what_is_removed_comes_back_as_it_was(shape: list[tuple[int, int]], pick: int) -> None:
    tree = MessageTree()
    for number, (parent, _) in enumerate(shape):
        ids = [None, *(f"m{n}" for n in range(number))]
        tree.add(message(f"m{number}", ids[parent % len(ids)], float(number)))
    before = {m.id: (m, tree.children(m.id)) for m in tree}
    chosen = f"m{pick % len(shape)}"
    taken = tree.remove(chosen)
    assert chosen not in tree
    tree.restore(taken)
    assert {m.id: (m, tree.children(m.id)) for m in tree} == before
    tree.restore(taken)
    assert {m.id: (m, tree.children(m.id)) for m in tree} == before


def test_selecting_follows_the_newest_message_of_a_branch() -> None:
    tree = MessageTree()
    for item in (
        message("u1", None, 1),
        message("a1", "u1", 2),
        message("a2", "u1", 3),
        message("u2", "a2", 4),
        message("u3", "a1", 5),
    ):
        tree.add(item)
    assert tree.select("a2") == "u2"
    assert tree.select("u1") == "u3"
    assert [m.id for m in tree.path()] == ["u1", "a1", "u3"]
    assert tree.select(None) is None


def test_removing_the_shown_branch_shows_a_sibling_or_the_parent() -> None:
    tree = MessageTree([message("u1", None, 1), message("a1", "u1", 2), message("a2", "u1", 3)])
    assert tree.leaf_id == "a2"
    tree.remove("a2")
    assert tree.leaf_id == "a1"
    tree.remove("a1")
    assert tree.leaf_id == "u1"
    tree.remove("u1")
    assert tree.leaf_id is None


def test_adding_twice_or_under_nothing_is_refused() -> None:
    tree = MessageTree([message("u1")])
    with pytest.raises(KeyError, match="already"):
        tree.add(message("u1"))
    with pytest.raises(KeyError, match="parent"):
        tree.add(message("a1", "nowhere"))


@pytest.mark.parametrize("branches", [1, 2])
def test_a_chain_of_ten_thousand_is_no_trouble(branches: int) -> None:
    """Quadratic work would take minutes here; the bound is a loose guard, not a measure."""
    started = time.perf_counter()
    rows = []
    for number in range(10_000):
        for branch in range(branches):
            parent = f"m{number - 1}-0" if number else None
            rows.append(message(f"m{number}-{branch}", parent, float(number)))
    tree = MessageTree(rows)
    tree.select("m0-0")
    assert len(tree.path()) == 10_000
    tree.restore(tree.remove("m0-0"))
    assert len(tree) == 10_000 * branches
    assert time.perf_counter() - started < 3
