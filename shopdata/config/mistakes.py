"""What pydantic found wrong in a file, as sentences: file, line, key, and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from types import UnionType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from shopdata.config.model import Model
from shopdata.config.platforms import UnknownPlatformError
from shopdata.config.wide_signs import wide_sign_in
from shopdata.config.yaml_source import YamlSource, dotted
from shopdata.exceptions import UsageError
from shopdata.texts import did_you_mean


def as_sentence(detail: Any, model: type[Model], source: YamlSource) -> UsageError:
    """One entry of pydantic's `errors()`, with its place in the file, and a sign that is easily overlooked."""
    problem = _as_sentence(detail, model, source)
    path = _place(detail)
    if not problem.found and (sign := wide_sign_in(_value_at(source.value, path))):
        problem.found = f"a full-width {sign} in it"
    return problem


def _as_sentence(detail: Any, model: type[Model], source: YamlSource) -> UsageError:
    path = _place(detail)
    kind, context = detail["type"], detail.get("ctx", {})
    where, todo = source.place(path), f"Fix `{dotted(path) or source.file}`."
    key = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        holder = _model_at(model, [part for part in detail["loc"][:-1] if isinstance(part, str)])
        known = [field.alias or name for name, field in holder.model_fields.items()] if holder is not None else []
        others = f"Known here: {', '.join(known)}." if known else "Take it out, or look how it is called."
        todo = did_you_mean(key, known, others, "`{}`")
        return UsageError(f"the key {key!r} is not known", where=where, todo=todo)
    if kind == "missing":
        return UsageError(f"the key {key!r} is missing", where=where, todo=f"Add `{key}: …`.")
    if kind == "string_pattern_mismatch":
        hint = _PATTERN_HINTS.get(key, f"a text like {context.get('pattern')}")
        return UsageError(f"the value of {key!r} does not fit", where=where, expected=hint, todo=f"Fix `{key}`.")
    error = context.get("error")
    if kind == "literal_error" or isinstance(error, UnknownPlatformError):
        expected = str(context.get("expected", error))
        return UsageError(f"the value of {key!r} is not known", where=where, expected=expected, todo=todo)
    if kind.startswith("date_") and (problem := _no_day(_value_at(source.value, path), where)):
        return problem
    if kind in ("greater_than", "greater_than_equal"):
        least = f"a number above {context['gt']:g}" if "gt" in context else f"{context['ge']:g} or more"
        return UsageError(f"the value of {key!r} is too small", where=where, expected=least, todo=todo)
    if kind in _KIND_HINTS:
        what = f"{f'the value of {key!r}' if key else 'what stands here'} is of the wrong kind"
        return UsageError(what, where=where, expected=_KIND_HINTS[kind], todo=todo)
    message = str(error) if error is not None else detail["msg"]
    return UsageError(message.removeprefix("Value error, ").rstrip("."), where=where, todo=todo)


def _place(detail: Any) -> tuple[str | int, ...]:
    """Where it stands in the file, which knows nothing of the kinds that one of several has."""
    return tuple(part for part in detail["loc"] if isinstance(part, int) or not _A_KIND.fullmatch(part))


def duplicate_keys(model: type[Model], source: YamlSource) -> Iterator[UsageError]:
    """Entries of a list that have what is to tell them apart in common, each at its own line."""
    for key, fields in model.unique.items():
        entries = _value_at(source.value, (key,))
        for field in fields:
            first: dict[str, int] = {}
            for number, entry in enumerate(entries if isinstance(entries, list) else ()):
                value = _value_at(entry, (field,))
                if isinstance(value, str) and first.setdefault(value, number) != number:
                    line = source.lines.get((key, first[value], field), 1)
                    yield UsageError(
                        f"two {key} have the {field} {value!r}",
                        where=source.place((key, number, field)),
                        found=f"the other one on line {line}",
                        todo="Give each its own.",
                    )


def _no_day(value: object, where: str) -> UsageError | None:
    """For what is written nearly as a day: no secret stands where one does."""
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", str(value))
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    try:
        right = str(date(year, month, day))
    except ValueError as error:
        return UsageError(f"there is no such day: {error}", where=where, found=str(value), todo="Fix it.")
    what = "this day is written in another way"
    return UsageError(what, where=where, found=str(value), expected=right, todo="Write it so.")


def _value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


#: In our own words: most often YAML has taken a word or a number for something else.
_KIND_HINTS = {
    "string_type": "a text; put it in quotes",
    "string_too_short": "a text that is not empty",
    "tuple_type": "a list: [one, two]",
    "too_short": "at least one entry",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        "a day, for example 2026-03-01",
    ),
}

_PATTERN_HINTS = {
    "id": "lower-case letters, digits, - and _, at most 64, for example flagship-01",
    "region": "a region's name, for example eu-central-1",
    "bucket": "3 to 63 lower-case letters, digits, dots and hyphens",
    "name": "letters, digits, - . and _, at most 64, for example shop_orders",
    **dict.fromkeys(
        ("open", "ask", "job", "of", "as", "rows_by"), "a name of lower-case letters, digits and _, for example export"
    ),
    "deadline": 'a time of day in quotes, for example "20:00"',
    "cron": 'five fields, for example "30 8 * * *"',
}


#: What a model of several kinds calls one of them in the place of a mistake.
_A_KIND = re.compile(r"[A-Z][a-z]+(?:Step|Sign)")


def field_at(model: type[BaseModel], path: tuple[str | int, ...]) -> Any:
    """What a model says of the values at a place: a type; None if it knows no such place."""
    *above, name = [part for part in path if isinstance(part, str)] or [""]
    holder = _model_at(model, above)
    field = holder.model_fields.get(name) if holder is not None else None
    return field.annotation if field else None


def _model_at(model: type[BaseModel], names: list[str]) -> type[BaseModel] | None:
    """The model below these keys of a model; None if it knows no such place."""
    is_key = False
    for number, name in enumerate(names):
        if is_key or _A_KIND.fullmatch(name):
            is_key = False
            continue
        field = next((field for own, field in model.model_fields.items() if name in (own, field.alias)), None)
        kind = next((kind for kind in names[number + 1 : number + 2] if _A_KIND.fullmatch(kind)), "")
        found = _model_in(field.annotation, kind) if field else None
        if found is None:
            return None
        # Below a field of keys and values comes a key, which is none of a model's.
        model, is_key = found, field is not None and get_origin(field.annotation) is dict
    return model


def _model_in(annotation: Any, kind: str = "") -> type[BaseModel] | None:
    """The model in a type; of several that of a kind."""
    if isinstance(annotation, type) and not isinstance(annotation, UnionType) and issubclass(annotation, BaseModel):
        return annotation if kind in ("", annotation.__name__) else None
    for argument in get_args(annotation):
        found = _model_in(argument, kind)
        if found is not None:
            return found
    return None
