"""Limits that the service model states and botocore's `ParamValidator` does not check.

Lengths, ranges, enumerations and patterns, worded as AWS words them. Types, required and unknown members
are the validator's; a value of the wrong type is passed over here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

# Java's classes inside a bracket, as Python's `re` has them; close enough for names and tags.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Print}": r"\x20-\x7e",
    r"\p{ASCII}": r"[\x00-\x7f]",
    r"\z": r"\Z",
}


@cache
def to_python_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the service model, for `fullmatch`."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)


def find_violations(shape: Shape, value: object, path: str = "") -> Iterator[str]:
    """A sentence per limit that a value, or something in it, breaks."""
    yield from _own_violations(shape, value, path)
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from find_violations(shape.members[name], member, _below(path, _lower_first(name)))
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, member in enumerate(value, start=1):
            yield from find_violations(shape.member, member, _below(path, f"{number}.member"))
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, member in value.items():
            yield from find_violations(shape.key, key, _below(path, f"{key}.key"))
            yield from find_violations(shape.value, member, _below(path, f"{key}.value"))


def _own_violations(shape: Shape, value: object, path: str) -> Iterator[str]:
    measured, noun = _measure(value)
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if measured is not None and least is not None and measured < least:
        yield _violation(value, path, f"Member must have {noun} greater than or equal to {least}")
    if measured is not None and most is not None and measured > most:
        yield _violation(value, path, f"Member must have {noun} less than or equal to {most}")
    if not isinstance(value, str) or not isinstance(shape, StringShape):
        return
    if shape.enum and value not in shape.enum:
        yield _violation(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not to_python_pattern(pattern).fullmatch(value):
        yield _violation(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _measure(value: object) -> tuple[float | None, str]:
    """What a limit speaks about: a number itself, or a length."""
    if isinstance(value, bool):
        return None, ""
    if isinstance(value, int | float):
        return value, "value"
    if isinstance(value, str | list | dict):
        return len(value), "length"
    return None, ""


def _violation(value: object, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
