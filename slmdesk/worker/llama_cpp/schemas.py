"""JSON schemas as GBNF grammars: llama-cpp-python's converter, with what it leaves out put right."""

from __future__ import annotations

import json
from typing import Any

from slmdesk.core.errors import GenerationError
from slmdesk.worker.llama_cpp.native import schema_converter
from slmdesk.worker.llama_cpp.schema_numbers import BOUNDS, integer_rule, number_rule

CHARACTER = r'[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})'
"""A character of a JSON string; the converter's own rule lets bare control characters through, which JSON forbids."""
MAX_REPETITIONS = 2000
"""The most that llama.cpp takes in a grammar's ``{m,n}``."""
WHOLE = "whole-schema"
COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength"})


def grammar_of(schema: str) -> str:
    """The grammar for a JSON schema. Raises GenerationError."""
    try:
        parsed = json.loads(schema)
        if not isinstance(parsed, dict):
            raise TypeError("a schema is a JSON object")
        _check_counts(parsed)
        return _grammar(_with_a_named_root(parsed))
    except json.JSONDecodeError as error:
        raise GenerationError(
            f"The JSON schema is not JSON: {error}.", "Correct it, or take it out.", f"JSONDecodeError: {error}"
        ) from error
    except (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        raise GenerationError(
            "The JSON schema cannot be used.",
            "Check it, and leave out references to other files.",
            f"{type(error).__name__}: {error}",
        ) from error


def _grammar(schema: dict[str, Any]) -> str:
    module = schema_converter()
    # WORKAROUND for llama-cpp-python 0.3.36: it writes "at most 1000" as a thousand nested brackets, and fails
    module._build_repetition = _repetition
    module.PRIMITIVE_RULES["char"].content = CHARACTER

    class Converter(module.SchemaConverter):  # type: ignore[misc, name-defined]
        """Also keeps the bounds of numbers, which the library's own ignores."""

        def visit(self, schema: dict[str, Any], name: str) -> Any:
            kind = schema.get("type")
            if kind in ("integer", "number") and BOUNDS & schema.keys() and not {"const", "enum"} & schema.keys():
                rule = integer_rule(schema) if kind == "integer" else number_rule(schema)
                reserved = name in module.RESERVED_NAMES
                return self._add_rule(f"{name}-" if reserved else name or "root", rule)
            return super().visit(schema, name)

    converter = Converter(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    converter.visit(converter.resolve_refs(schema, "stdin"), "")
    return str(converter.format_grammar())


def _with_a_named_root(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with every reference to itself as a whole (``#``) turned into one that the converter follows."""
    if not _refers_to_whole(schema):
        return schema
    named = f"#/$defs/{WHOLE}"

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named if key == "$ref" and inner == "#" else renamed(inner) for key, inner in value.items()}
        return [renamed(inner) for inner in value] if isinstance(value, list) else value

    whole = renamed(schema)
    others = {key: value for key, value in whole.items() if key != "oneOf"}
    return {**others, "$defs": {**whole.get("$defs", {}), WHOLE: whole}, "anyOf": [{"$ref": named}]}


def _refers_to_whole(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("$ref") == "#" or any(_refers_to_whole(inner) for inner in value.values())
    return isinstance(value, list) and any(_refers_to_whole(inner) for inner in value)


def _repetition(item: str, least: int, most: int | None, separator_rule: str = "", **_options: Any) -> str:
    """``item`` from ``least`` to ``most`` times, in GBNF's own words."""
    if most == 0:
        return '""'
    if not separator_rule:
        return f"({item}){{{least},{'' if most is None else most}}}"
    more = f"({separator_rule} {item}){{{max(0, least - 1)},{'' if most is None else most - 1}}}"
    return f"{item} {more}" if least else f"({item} {more})?"


def _check_counts(value: Any) -> None:
    """Refuse lengths that no grammar can hold."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in COUNTS and isinstance(inner, int) and not 0 <= inner <= MAX_REPETITIONS:
                raise ValueError(f"{name} is {inner}, and at most {MAX_REPETITIONS} is possible")
            _check_counts(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_counts(inner)
