"""Which values of two nested settings differ."""

from __future__ import annotations

from collections.abc import Iterator


def differing_values(
    before: object, after: object, path: str = ""
) -> Iterator[tuple[str, object, object]]:
    """Yield path, earlier and later value of all that differs; what is not there is None.

    Parameters
    ----------
    before, after
        Values as JSON has them.
    path
        Where they stand; parts are joined by dots, places of a list stand in brackets.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            inner = f"{path}.{name}" if path else str(name)
            yield from differing_values(before.get(name), after.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (was, is_now) in enumerate(zip(before, after, strict=True)):
            yield from differing_values(was, is_now, f"{path}[{place}]")
    elif before != after:
        yield path, before, after
