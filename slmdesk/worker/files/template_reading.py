"""A chat template read without running it: what it asks of the user's text and of the date, and what it adds itself.

Jinja's own parser makes the tree. Text that comes from the messages is followed through assignments, loops and
macros; whatever is compared with it, or searched in it, is a condition on what a person writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import loopcontrols

from slmdesk.core.template_check import MAX_ANALYSED, Condition, Reading
from slmdesk.worker.llama_cpp.template_guard import Generation

_TEXT_KEYS = {"content", "text"}
_OTHER_KEYS = {
    *("role", "type", "tool_calls", "name", "function", "arguments", "id", "reasoning_content", "thinking", "image"),
    *("image_url", "audio", "video", "parameters", "tool_call_id", "description", "required", "properties"),
}
_SEARCHES = {"startswith", "endswith", "find", "rfind", "index", "rindex", "count"}
_CUTS = {"split", "rsplit", "partition", "rpartition", "replace", "removeprefix", "removesuffix"}
_FILTERS = {"replace", "select", "reject", "selectattr", "rejectattr"}
_ROLES = {"user", "system", "developer", "human"}
_NUMBERS = {"length", "count", "int", "float", "wordcount"}
_ROUNDS = 6
_MANY = 2000
_DEEP = 400


def read_template(source: str) -> Reading:
    """What the template does. A template that cannot be parsed, or is too long, has a ``problem``."""
    if len(source) > MAX_ANALYSED:
        return Reading(problem=f"it is longer than {MAX_ANALYSED // 1024} KB")
    environment = Environment(  # noqa: S701 - nothing is rendered here
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation]
    )
    try:
        return _Flow(environment.parse(source)).reading()
    except TemplateError as error:
        return Reading(problem=f"it is no valid Jinja: {str(error)[:200]}")
    except RecursionError:
        return Reading(problem="its parts lie too deep in each other")


class _Flow:
    """Where the text of the messages goes in one template."""

    def __init__(self, tree: nodes.Template) -> None:
        self._parents: dict[int, nodes.Node] = {}
        self._all: list[nodes.Node] = []
        self._calls: dict[str, list[nodes.Call]] = {}
        self._gather(tree)
        self._texts: set[str] = set()
        """Variables that hold text of the messages."""
        self._times: set[str] = set()
        self._constants: dict[str, set[str]] = {}
        for _ in range(_ROUNDS):
            before = len(self._texts) + len(self._times)
            for node in self._all:
                self._learn(node)
            if len(self._texts) + len(self._times) == before:
                break

    def _gather(self, tree: nodes.Template) -> None:
        left: list[tuple[nodes.Node, int]] = [(tree, 0)]
        while left:
            node, depth = left.pop()
            if depth > _DEEP:
                raise RecursionError
            self._all.append(node)
            if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
                self._calls.setdefault(node.node.name, []).append(node)
            children = list(node.iter_child_nodes())
            for child in children:
                self._parents[id(child)] = node
            left.extend((child, depth + 1) for child in reversed(children))

    def _learn(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Assign):
            self._set(node.target, node.node)
        elif isinstance(node, nodes.With):
            for target, value in zip(node.targets, node.values, strict=True):
                self._set(target, value)
        elif isinstance(node, nodes.AssignBlock):
            if any(isinstance(n, nodes.Output) and any(map(self.is_text, n.nodes)) for n in node.body):
                self._texts.update(_names(node.target))
        elif isinstance(node, nodes.For):
            if self.is_text(node.iter):
                self._texts.update(_names(node.target))
            else:
                self._know(_names(node.target), self._literals([node.iter]))
        elif isinstance(node, nodes.Macro):
            self._learn_macro(node)

    def _learn_macro(self, macro: nodes.Macro) -> None:
        for call in self._calls.get(macro.name, ()):
            for argument, parameter in zip(call.args, macro.args, strict=False):
                self._set(parameter, argument)
            for keyword in call.kwargs:
                self._set(nodes.Name(keyword.key, "store"), keyword.value)

    def _set(self, target: nodes.Node, value: nodes.Node) -> None:
        names = _names(target)
        if self.is_text(value):
            self._texts.update(names)
        if self._is_time(value):
            self._times.update(names)
        if not self.is_text(value):
            self._know(names, _strings(value))

    def _know(self, names: set[str], texts: Iterable[str]) -> None:
        """Remember which fixed texts variables may hold."""
        told = {text for text in texts if text}
        for name in names if told else ():
            known = self._constants.setdefault(name, set())
            if len(known) < _MANY:
                known.update(told)

    def is_text(self, node: nodes.Node) -> bool:
        """Whether the expression's value holds text of the messages."""
        if isinstance(node, nodes.Name | nodes.NSRef):
            return bool(_names(node) & self._texts)
        if isinstance(node, nodes.Getattr | nodes.Getitem):
            return self._is_text_part(node)
        if isinstance(node, nodes.Call):
            inside = isinstance(node.node, nodes.Getattr) and self.is_text(node.node.node)
            return inside or any(self.is_text(argument) for argument in node.args)
        if isinstance(node, nodes.Filter):
            return node.name not in _NUMBERS and node.node is not None and self.is_text(node.node)
        if isinstance(node, nodes.Compare | nodes.Test | nodes.Not | nodes.Const):
            return False
        return any(self.is_text(child) for child in node.iter_child_nodes() if isinstance(child, nodes.Expr))

    def _is_text_part(self, node: nodes.Getattr | nodes.Getitem) -> bool:
        key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if isinstance(key, str):
            if key in _OTHER_KEYS:
                return False
            if key in _TEXT_KEYS or _names(node) & self._texts:
                return True
        return self.is_text(node.node)

    def _is_time(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.Name | nodes.NSRef | nodes.Getattr) and _names(node) & self._times:
            return True
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "strftime_now":
            return True
        if isinstance(node, nodes.Test | nodes.Const):
            return False
        return any(self._is_time(child) for child in node.iter_child_nodes() if isinstance(child, nodes.Expr))

    def reading(self) -> Reading:
        """All of it."""
        conditions: dict[Condition, None] = {}
        times: dict[str, None] = {}
        for node in self._all:
            for literal, kind in self._asks(node):
                if self._may_be_user(node):
                    conditions[Condition(literal, kind, node.lineno)] = None
            if isinstance(node, nodes.Compare) and any(map(self._is_time, _sides(node))):
                times[", ".join(sorted(_strings(node)))[:200] or "a number"] = None
        texts = dict.fromkeys(_emitted(self._all))
        return Reading(tuple(conditions)[:_MANY], tuple(times)[:_MANY], tuple(texts)[:_MANY])

    def _asks(self, node: nodes.Node) -> Iterator[tuple[str, str]]:
        """What is looked for in the messages' text at this place, and how."""
        if isinstance(node, nodes.Compare):
            yield from self._compared(node)
        elif isinstance(node, nodes.Test) and self.is_text(node.node):
            yield from ((text, "is") for text in self._literals(node.args))
        elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            if self.is_text(node.node.node) and node.node.attr in _SEARCHES:
                yield from ((text, "is") for text in self._literals(node.args))
            elif self.is_text(node.node.node) and node.node.attr in _CUTS:
                yield from ((text, "cut") for text in self._literals(node.args[:1]))
            elif node.node.attr == "get" and any(map(self.is_text, node.args)):
                yield from ((text, "is") for text in self._literals([node.node.node]))
        elif isinstance(node, nodes.Getitem) and self.is_text(node.arg):
            yield from ((text, "is") for text in self._literals([node.node]))
        elif isinstance(node, nodes.Filter) and node.name in _FILTERS and node.node and self.is_text(node.node):
            skipped = 0 if node.name == "replace" else 1
            yield from ((text, "cut") for text in self._literals(node.args[skipped : skipped + 1]))

    def _compared(self, node: nodes.Compare) -> Iterator[tuple[str, str]]:
        sides = _sides(node)
        if any(map(self.is_text, sides)):
            yield from ((text, "is") for text in self._literals(s for s in sides if not self.is_text(s)))
        measured = any(
            isinstance(n, nodes.Filter) and n.name in _NUMBERS and n.node is not None and self.is_text(n.node)
            for side in sides
            for n in (side, *side.find_all(nodes.Filter))
        )
        numbers = [s.value for s in sides if isinstance(s, nodes.Const) and isinstance(s.value, int)]
        if measured and any(number > 1 for number in numbers):
            yield f"{max(numbers)} characters", "length"

    def _literals(self, expressions: Iterable[nodes.Node]) -> Iterator[str]:
        for expression in expressions:
            yield from _strings(expression)
            for node in (expression, *expression.find_all((nodes.Name, nodes.Getattr))):
                for name in _names(node):
                    yield from self._constants.get(name, ())

    def _may_be_user(self, node: nodes.Node) -> bool:
        """Whether the place is reached with text that a person wrote; conditions on the role around it say so."""
        child: nodes.Node = node
        parent = self._parents.get(id(child))
        while parent is not None:
            if isinstance(parent, nodes.If) and child is not parent.test and child not in parent.elif_ + parent.else_:
                roles = _roles(parent.test)
            elif isinstance(parent, nodes.And):
                roles = _roles(parent)
            else:
                roles = set()
            if roles and not roles & _ROLES:
                return False
            child, parent = parent, self._parents.get(id(parent))
        return True


def _names(node: nodes.Node) -> set[str]:
    """The variables that an expression or a target names; an attribute of a namespace is "space.name"."""
    if isinstance(node, nodes.Name):
        return {node.name}
    if isinstance(node, nodes.NSRef):
        return {f"{node.name}.{node.attr}"}
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return {f"{node.node.name}.{node.attr}"}
    if isinstance(node, nodes.Tuple):
        return {name for item in node.items for name in _names(item)}
    return set()


def _sides(node: nodes.Compare) -> list[nodes.Expr]:
    return [node.expr, *(operand.expr for operand in node.ops)]


def _strings(node: nodes.Node) -> Iterator[str]:
    for constant in (node, *node.find_all(nodes.Const)):
        if isinstance(constant, nodes.Const) and isinstance(constant.value, str):
            yield constant.value


def _roles(test: nodes.Node) -> set[str]:
    """The roles that a condition allows; empty where it does not say."""
    if isinstance(test, nodes.And):
        left, right = _roles(test.left), _roles(test.right)
        return left & right if left and right else left or right
    if isinstance(test, nodes.Or):
        left, right = _roles(test.left), _roles(test.right)
        return left | right if left and right else set()
    if isinstance(test, nodes.Compare) and len(test.ops) == 1 and test.ops[0].op in {"eq", "in"}:
        sides = _sides(test)
        if any(_is_role(side) for side in sides):
            return {text for side in sides if not _is_role(side) for text in _strings(side)}
    return set()


def _is_role(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Getattr):
        return node.attr == "role"
    if isinstance(node, nodes.Getitem):
        return getattr(node.arg, "value", None) == "role"
    return isinstance(node, nodes.Name) and "role" in node.name


def _emitted(found: list[nodes.Node]) -> Iterator[str]:
    """The texts that the template itself can put into a prompt."""
    for node in found:
        if isinstance(node, nodes.TemplateData):
            yield node.data
        elif isinstance(node, nodes.Const) and isinstance(node.value, str):
            yield node.value
