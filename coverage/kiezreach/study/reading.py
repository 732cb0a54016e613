"""Read and validate a study file; say what is wrong with it in a planner's words."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kiezreach import limits
from kiezreach.errors import STEERING, InputError, StudyError, shown
from kiezreach.limits import require_ordinary
from kiezreach.study.model import Study
from kiezreach.study.parts import Part

_Part = TypeVar("_Part", bound=Part)
_LONGEST_LINE = 200  # characters that are looked at for a key


def read_study(path: str | Path) -> Study:
    """Read and validate a study file.

    Parameters
    ----------
    path
        A TOML file; `kiezreach init` writes a commented one.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        If the file is missing, is no TOML, or has an unknown key, a wrong type or a value that
        is not allowed: with the key, its line and what is allowed.
    """
    path = Path(path)
    example = "kiezreach init writes an example with every key"
    return read_part(path, _read_text(path), Study, example).located(path)


def read_part(path: Path, text: str, model: type[_Part], example: str) -> _Part:
    """Validate the text of a TOML file.

    Parameters
    ----------
    path
        The file, for messages.
    text
        Its content.
    model
        What it must hold.
    example
        Where to see how it is written, for messages.

    Returns
    -------
    Part
        The model, filled.

    Raises
    ------
    StudyError
        As for `read_study`.
    """
    remedy = 'Correct that place: texts stand in "quotes", lists in [brackets]'
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > limits.MAX_LINE_DOTS:
            msg = f"more than {limits.MAX_LINE_DOTS} dots stand in one line"
            raise StudyError(msg, file=path, row=f"line {number}", remedy="Break the line")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"is not valid TOML: {shown(error)}"
        raise StudyError(msg, file=path, remedy=remedy) from error
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        msg = "has too many brackets inside brackets" if deep else "has a number with no end"
        raise StudyError(msg, file=path, remedy=remedy) from error
    return _validated(values, model, path, text, example)


def read_values(values: dict[str, Any], model: type[_Part], whose: str) -> _Part:
    """Validate values that stand in no file.

    Parameters
    ----------
    values
        As a TOML file would have them.
    model
        What they must make.
    whose
        Where they are from, for messages.

    Raises
    ------
    StudyError
        As for `read_study`.
    """
    return _validated(values, model, Path(whose), "", "see --help")


def _validated(
    values: dict[str, Any], model: type[_Part], path: Path, text: str, example: str
) -> _Part:
    """Fill a model, or say in a planner's words what is wrong."""
    try:
        # Over JSON, strict types still take a list for a tuple and 500 for 500.0.
        return model.model_validate_json(json.dumps(_printable(values), default=str), strict=True)
    except ValidationError as error:
        raise _study_error(error, path, text, model, example) from error
    except (ValueError, RecursionError) as error:
        msg = "has a number with no end, or too many keys inside keys"
        raise StudyError(msg, file=path, remedy=f"Correct it; {example}") from error


def _printable(value: Any) -> Any:  # noqa: ANN401 - whatever TOML can hold
    """Return values with blanks for characters that steer a terminal or turn letters in texts."""
    if isinstance(value, str):
        return STEERING.sub(" ", value)
    if isinstance(value, dict):
        return {key: _printable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_printable(part) for part in value]
    return value


def packaged_data() -> Path:
    """Return the folder of the packaged reference data."""
    inside = Path(__file__).parents[1] / "data"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "data"


def berlin() -> Study:
    """Return the packaged study of Berlin."""
    return read_study(packaged_data() / "berlin.toml")


def _read_text(path: Path) -> str:
    """Return the text of a study file, with or without the byte order mark of Windows."""
    remedy = "Give the path of a study file; kiezreach init writes one"
    try:
        require_ordinary(path, limits.MAX_SETTINGS_MB)
    except InputError as error:
        raise StudyError(error.problem, file=error.file, remedy=error.remedy) from error
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        msg = "there is no such study file"
        raise StudyError(msg, file=path, remedy="Write one with: kiezreach init") from error
    except IsADirectoryError as error:
        msg = "is a folder, not a file"
        raise StudyError(msg, file=path, remedy=remedy) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = "is not a text file in UTF-8"
        raise StudyError(
            msg, file=path, row=f"line {line}", remedy="Save it as UTF-8 text"
        ) from error
    except OSError as error:
        msg = f"cannot be opened ({error.strerror})"
        raise StudyError(msg, file=shown(path), remedy=remedy) from error


# What pydantic finds wrong, by its type, in words for the writer of a study.
_EXPECTED = {
    "string_type": 'a text in "quotes"',
    "float_type": "a number without quotes",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list in [brackets]",
    "model_type": "a table of keys",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "less than {lt:,.0f}",
    "less_than_equal": "{le:g} or less",
    "too_short": "a list with at least {min_length} entry",
    "string_too_short": "a text that is not empty",
    "date_type": "a date, for example 2024-03-05",
    "date_from_datetime_parsing": "a date, for example 2024-03-05",
    "date_parsing": "a date, for example 2024-03-05",
    "string_pattern_mismatch": "lower-case letters, digits and underscores, a letter first",
}


def _study_error(
    error: ValidationError, path: Path, text: str, model: type[Part], example: str
) -> StudyError:
    """Turn the first problem that pydantic found into one line that a planner understands."""
    # A misspelt key also makes the right one missing: name the misspelling first.
    problems = sorted(error.errors(), key=lambda p: p["type"] != "extra_forbidden")
    first = problems[0]
    keys = [key for key in first["loc"] if isinstance(key, (str, int))]
    name = "".join(f"[{k + 1}]" if isinstance(k, int) else f".{k}" for k in keys).lstrip(".")
    match first["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(model, keys[:-1])
            close = difflib.get_close_matches(str(keys[-1]), allowed, n=1)
            problem = f"unknown key '{shown(name)}'"
            hint = f"Did you mean '{close[0]}'? " if close else ""
            remedy = f"{hint}Allowed here: {', '.join(allowed)}"
        case "missing":
            problem = f"the key '{name}' is missing"
            remedy = f"Add it; {example}"
        case "value_error":
            told, _, remedy = str(first["ctx"]["error"]).partition(". ")
            problem = f"'{name}': {told}" if name else told
        case kind:
            value = json.dumps(first["input"], ensure_ascii=False, default=str)
            problem = f"'{name}' is {shown(value)}"
            expected = _EXPECTED.get(kind, first["msg"]).format_map(first.get("ctx", {}))
            if kind == "tuple_type" and isinstance(first["input"], dict):
                problem = f"'{name}' is one table"
                expected = f"any number of them, each under [[{name}]] in double brackets"
            remedy = f"Expected: {expected}"
    line = _line_of(text, keys)
    if len(problems) > 1:
        remedy += f" ({len(problems) - 1} more such faults in the file)"
    return StudyError(
        problem, file=path, row=f"line {line}" if line else None, remedy=remedy or None
    )


def _allowed_keys(model: Any, keys: list[str | int]) -> list[str]:  # noqa: ANN401 - any model
    """Keys that a table of the file may have."""
    for key in keys:
        if isinstance(key, str):
            model = next(_models(model.model_fields[key].annotation))
    return sorted(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation may come
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def _line_of(text: str, keys: list[str | int]) -> int | None:
    """Find the line of a key: the TOML reader of the standard library does not tell it."""
    table: list[str | int] = []
    tables_so_far: dict[tuple[str, ...], int] = {}
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        line = line[:_LONGEST_LINE]  # noqa: PLW2901 - no key stands behind
        if header := re.match(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]", line):
            names = tuple(part.strip(" \"'") for part in header[2].split("."))
            table = [*names]
            if header[1] == "[[":
                tables_so_far[names] = tables_so_far.get(names, -1) + 1
                table.append(tables_so_far[names])
            elif [*names, 0] == keys[: len(names) + 1]:
                table.append(0)  # one table where several may stand
            found = table
        elif entry := re.match(r"\s*([\w\"'.-]+)\s*=", line):
            found = [*table, *(part.strip("\"'") for part in entry[1].split("."))]
        else:
            continue
        depth = len(found)
        if found == keys[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
