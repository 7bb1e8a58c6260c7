"""Python's types as JSDoc. named: those that have a name there."""

import json
import typing
from collections.abc import Iterable, Mapping
from dataclasses import fields
from inspect import cleandoc
from textwrap import fill
from types import UnionType
from typing import Any, Literal, Union

LINE = 120  # characters that Biome puts into one

Named = Mapping[Any, str]

_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "any"}


def typedef(name: str, kind: type, named: Named) -> str:
    """The JSDoc of a TypedDict, its docstring first."""
    words = fill(cleandoc(kind.__doc__ or ""), LINE - 3).splitlines()
    hints = typing.get_type_hints(kind, include_extras=True)
    lines = [*words, "", f"@typedef {{object}} {name}", *(_property(key, hint, named) for key, hint in hints.items())]
    return "\n".join(f" * {line}".rstrip() for line in lines)


def properties(dataclass: type, named: Named) -> str:
    """A line of JSDoc for each field of a dataclass."""
    hints = typing.get_type_hints(dataclass)
    return "\n".join(f" * {_property(field.name, hints[field.name], named)}" for field in fields(dataclass))


def type_of(hint: Any, named: Named | None = None) -> str:
    """A Python type as the type of its JSON."""
    named = named or {}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in named:
        return named[hint]
    if origin is Literal:
        return union(arguments)
    if origin in (UnionType, Union):
        return " | ".join(type_of(each, named) for each in arguments)
    if origin is dict:
        return f"Record<string, {type_of(arguments[1], named)}>"
    if origin is list or (origin is tuple and arguments[1:] == (...,)):
        item = type_of(arguments[0], named)
        return f"({item})[]" if " | " in item else f"{item}[]"
    return _PLAIN[hint]


def union(texts: Iterable[object]) -> str:
    """The type of these values."""
    return " | ".join(map(json.dumps, texts))


def _property(name: str, hint: Any, named: Named) -> str:
    if typing.get_origin(hint) is typing.NotRequired:
        name, hint = f"[{name}]", typing.get_args(hint)[0]
    return f"@property {{{type_of(hint, named)}}} {name}"
