"""Chat templates: a model file's own Jinja program, run in a sandbox that cannot be made to eat time or memory.

Jinja's immutable sandbox keeps a template away from Python; it does not keep it from looping for ever or from building
a string of a gigabyte. So every loop turn and macro call passes a deadline, every operation that makes a larger value
from smaller ones is charged against a budget before it runs, and only the filters, tests and methods that chat
templates use are there at all.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from jinja2 import Template, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.ext import loopcontrols
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from slmdesk.core.errors import TemplateError
from slmdesk.worker.llama_cpp.template_guard import Generation, Guard

MAX_TEMPLATE = 256 * 1024
"""Characters of a template."""
MAX_SECONDS = 2.0
MIN_WORK = 8 * 1024 * 1024
"""Characters (list items count as 8) that a rendering may build in all, whatever the size of the chat."""
WORK_FACTOR = 64
"""How many times the chat's own characters a rendering may build."""
NODE = 8
"""What an item of a list, a turn of a loop or an operation counts, in characters."""
MAX_NUMBER_BITS = 256
MAX_WIDTH = 10_000

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""What a model without a template of its own is spoken to with."""

FILTERS = frozenset(
    {
        *(
            "abs",
            "capitalize",
            "count",
            "d",
            "default",
            "dictsort",
            "e",
            "escape",
            "first",
            "float",
            "groupby",
            "indent",
        ),
        *("int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr"),
        *("replace", "reverse", "round", "safe", "select", "selectattr", "sort", "string", "title", "trim", "truncate"),
        *("unique", "upper"),
    }
)
METHODS = frozenset(
    {
        *("append", "capitalize", "copy", "count", "endswith", "extend", "find", "get", "index", "isalnum", "isalpha"),
        *("isdigit", "isspace", "items", "join", "keys", "lower", "lstrip", "partition", "pop", "removeprefix"),
        *("removesuffix", "replace", "rfind", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith"),
        *("strftime", "strip", "title", "upper", "values"),
    }
)


class _Limit(SecurityError):
    """A template went over a limit."""


class _Refused(JinjaError):
    """A template called ``raise_exception``: it does not take this chat."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """The immutable sandbox with a deadline and a budget, which :meth:`begin` sets for each rendering."""

    intercepted_binops = frozenset({"+", "*", "**", "%", "//"})

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
        self.begin(MIN_WORK)
        self.filters = {name: self._charged(self.filters[name], name) for name in FILTERS}
        self.filters["tojson"] = self._tojson
        self.tests = {name: self._timed(cast("Any", test)) for name, test in self.tests.items()}
        keep = ("range", "namespace", "dict")
        self.globals = {name: self.globals[name] for name in keep}
        self.globals["raise_exception"] = _raise_exception
        self.globals["strftime_now"] = _strftime_now
        self.finalize = self._finalize

    def begin(self, work: int) -> None:
        """Set the deadline, and the characters that may be built."""
        self._left = work
        self._deadline = time.monotonic() + MAX_SECONDS

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = Guard().visit(super()._parse(source, name, filename))
        return tree

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """``str.format`` in Jinja's own safe form, within the budget."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None
        text = value.__self__

        def formatted(*args: Any, **kwargs: Any) -> str:
            if re.search(r":[^}]*{", text):
                raise _Limit("a width is too large")  # or may be: it comes from a value
            self._check_format(text, [*args, *kwargs.values()], text.count("{"))
            return wrapped(*args, **kwargs)

        return formatted

    def tick(self) -> None:
        """Called by every loop turn and macro."""
        if time.monotonic() > self._deadline:
            raise _Limit(f"it runs longer than {MAX_SECONDS:.0f} s")
        self.charge(NODE)

    def seen(self, value: Any) -> Any:
        """A value that is about to be compared or tested."""
        self.tick()
        return value

    def built(self, value: Any) -> Any:
        """A list, dict or slice that was just made. What it holds counts each time it is held, so that no small
        program can build a value that takes for ever to compare or to print.
        """
        self.tick()
        self.charge(len(value) if isinstance(value, str) else self._weight(value, text=False))
        return value

    def charge(self, characters: int) -> None:
        """Take from the budget what is about to be built."""
        self._left -= characters
        if self._left < 0:
            raise _Limit("it builds too much text")

    def concat(self, parts: Iterable[str]) -> str:
        """Jinja's joining of output: of blocks, macros and the whole."""
        found = []
        for part in parts:
            self.charge(len(part) + 1)
            found.append(part)
            if time.monotonic() > self._deadline:
                raise _Limit(f"it runs longer than {MAX_SECONDS:.0f} s")
        return "".join(found)

    def join_all(self, *parts: Any) -> str:
        """The operator ``~``."""
        self.tick()
        return self.concat(str(self._finalize(part)) for part in parts)

    def _finalize(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.charge(self._weight(value))
        return value

    def _weight(self, value: Any, *, text: bool = True) -> int:
        """The parts of ``value``, and with ``text`` the characters it would make, roughly; stops at the budget."""
        total, stack = 0, [value]
        while stack:
            item = stack.pop()
            total += len(item) + NODE if text and isinstance(item, str) else NODE
            if isinstance(item, Mapping):
                stack.extend(item.keys())
                stack.extend(item.values())
            elif isinstance(item, list | tuple):
                stack.extend(item)
            elif isinstance(item, Namespace):
                stack.extend(item._Namespace__attrs.values())
            if total + NODE * len(stack) > self._left:
                raise _Limit("it builds too much text")
        return total

    def _timed(self, test: Callable[..., Any]) -> Callable[..., Any]:
        def tested(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            return test(*args, **kwargs)

        if hasattr(test, "jinja_pass_arg"):
            tested.jinja_pass_arg = test.jinja_pass_arg  # type: ignore[attr-defined]
        return tested

    def _charged(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def filtered(*args: Any, **kwargs: Any) -> Any:
            self.tick()
            plain = [a for a in args if not isinstance(a, Context | EvalContext | _Sandbox)]
            self._foresee(name, plain, kwargs)
            result = function(*args, **kwargs)
            if isinstance(result, Iterator):  # at once: a chain of thousands of lazy filters overflows the stack
                result = [self.built(item) if isinstance(item, str | list | tuple) else item for item in result]
            return self.built(result) if isinstance(result, str | list | tuple | dict) else result

        if hasattr(function, "jinja_pass_arg"):
            filtered.jinja_pass_arg = function.jinja_pass_arg  # type: ignore[attr-defined]
        return filtered

    def _foresee(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Charge for what a filter or a method is about to build, and refuse absurd widths."""
        numbers = [n for n in (*args[1:], *kwargs.values()) if isinstance(n, int)]
        if any(abs(n) > MAX_WIDTH for n in numbers) and name in {"indent", "truncate", "round"}:
            raise _Limit("a width is too large")
        value = args[0] if args else ""
        if name == "indent" and isinstance(value, str):
            pad = max([*numbers, *(len(t) for t in (*args[1:], *kwargs.values()) if isinstance(t, str)), 4])
            self.charge(value.count("\n") * pad)
        elif name == "replace" and len(args) > 2:
            text, old, new = (str(self._finalize(a)) for a in args[:3])
            self.charge(len(text) + (text.count(old) if old else len(text) + 1) * len(new))
        elif name == "join":
            joiner = max((len(a) for a in (*args, *kwargs.values()) if isinstance(a, str)), default=0)
            for parts in (a for a in args if isinstance(a, list | tuple)):
                self.charge(self._weight(parts) + len(parts) * joiner)
        elif name in {"title", "list"}:  # which make many small strings
            self.charge(16 * self._weight(value))
        elif name in {"string", "trim", "upper", "lower", "capitalize", "escape", "e", "safe"}:
            self._finalize(value)

    def _tojson(self, value: Any, indent: int | None = None, **options: Any) -> str:
        """JSON as Hugging Face's templates expect it: no escapes for letters, none for HTML."""
        self.charge(self._weight(value) * (1 + min(abs(int(indent or 0)), 100)))
        known = {k: v for k, v in options.items() if k in {"ensure_ascii", "separators", "sort_keys"}}
        return json.dumps(value, indent=indent, **{"ensure_ascii": False, **known})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        self.tick()
        if operator in {"+", "*"}:
            for value, other in ((left, right), (right, left)):
                if isinstance(value, str | list | tuple):
                    times = other if operator == "*" and isinstance(other, int) else 1
                    size = len(value) if isinstance(value, str) else self._weight(value, text=False)
                    self.charge(size * max(times, 0))
        if operator == "%" and isinstance(left, str):
            if "*" in left:
                raise _Limit("a width is too large")
            self._check_format(left, right, left.count("%"))
        numbers = [n for n in (left, right) if isinstance(n, int)]
        if operator in {"*", "**"} and len(numbers) == 2:
            bits = left.bit_length() * (right if operator == "**" else 1) + right.bit_length()
            if bits > MAX_NUMBER_BITS:
                raise _Limit("a number is too large")
        return super().call_binop(context, operator, left, right)

    def _check_format(self, text: str, values: Any, fields: int) -> None:
        if re.search(r"\d{4}", text):
            raise _Limit("a width is too large")
        self.charge(len(text) + fields * (self._weight(values) + 1000))

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(function, "__self__", None)
        name = getattr(function, "__name__", "")
        if isinstance(owner, str | list | tuple | dict | dt.datetime):
            if name not in METHODS:
                raise _Limit(f"it calls {name}, which chat templates have no need of")
            self._foresee(name, (owner, *args), kwargs)
        elif isinstance(function, Macro) or function in (Namespace, dict):
            self.built([*args, *kwargs.values()])
        result = super().call(context, function, *args, **kwargs)
        ours = isinstance(owner, _Sandbox)  # what has been charged already
        return self.built(result) if isinstance(result, str | list) and not ours else result


def _raise_exception(message: str = "") -> None:
    raise _Refused(str(message))


def _strftime_now(pattern: str) -> str:
    return dt.datetime.now().astimezone().strftime(str(pattern)[:200])


def _characters(messages: Iterable[Mapping[str, Any]]) -> int:
    return sum(len(str(value)) for message in messages for value in message.values())


def _merged(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same chat for a template that knows no system role and wants user and assistant to take turns."""
    found: list[dict[str, Any]] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        if found and found[-1]["role"] == role:
            found[-1] = {**found[-1], "content": f"{found[-1]['content']}\n\n{message['content']}"}
        else:
            found.append({**message, "role": role})
    return found


class ChatTemplate:
    """A chat template, compiled at its first use. ``bos`` and ``eos`` are the texts of the model's own tokens."""

    def __init__(self, source: str, *, bos: str = "", eos: str = "") -> None:
        self._source = source
        self._tokens = {"bos_token": bos, "eos_token": eos, "tools": None}
        self._sandbox = _Sandbox()
        self._compiled: Template | None = None

    def render(self, messages: Sequence[Mapping[str, Any]], *, add_generation_prompt: bool = True) -> str:
        """The prompt for a chat. Each message has ``role`` and ``content``, an assistant's also ``reasoning_content``.

        A template that refuses system messages, or two messages of the same role in a row, gets them merged. Raises
        TemplateError for a template that fails or breaks a limit.
        """
        try:
            try:
                return self._render(messages, add_generation_prompt)
            except _Refused:
                return self._render(_merged(messages), add_generation_prompt)
            except (TypeError, UndefinedError):  # some templates for tools cannot do without any
                return self._render(messages, add_generation_prompt, tools=[])
        except Exception as error:
            # whatever a template from a file does wrong, from a syntax error to None + 1, is the template's failure
            raise _told(error) from error

    def _render(self, messages: Sequence[Mapping[str, Any]], generation_prompt: bool, **more: Any) -> str:
        if len(self._source) > MAX_TEMPLATE:
            raise _Limit(f"it is longer than {MAX_TEMPLATE // 1024} KB")
        self._sandbox.begin(MIN_WORK + WORK_FACTOR * _characters(messages))
        if self._compiled is None:
            self._compiled = self._sandbox.from_string(self._source)
        variables = {
            **self._tokens,
            "messages": [dict(message) for message in messages],
            "add_generation_prompt": generation_prompt,
            **more,
        }
        context = self._compiled.new_context(variables)
        return self._sandbox.concat(self._compiled.root_render_func(context))


def _told(error: Exception) -> TemplateError:
    """A template's failure in plain words."""
    other = "Choose ChatML as template in the model's load options."
    if isinstance(error, TemplateError):
        return error
    if isinstance(error, _Refused):
        return TemplateError(f"The chat template does not take this chat: {error}.", other)
    if isinstance(error, RecursionError):
        error = _Limit("it calls itself without end")
    if isinstance(error, SecurityError):
        return TemplateError(
            f"The chat template was stopped: {str(error).rstrip('.')}.", f"The file may be harmful. {other}"
        )
    return TemplateError("The chat template of this model does not work.", other, f"{type(error).__name__}: {error}")
