"""The time that outputs carry: none of their own, so that two builds are the same bytes."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from kiezreach.errors import InputError


def build_time() -> datetime:
    """Return the time of SOURCE_DATE_EPOCH, or 1 January 1980 where it is not set.

    Raises
    ------
    InputError
        If SOURCE_DATE_EPOCH is no whole number of seconds.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "315532800")
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError) as error:
        msg = f"SOURCE_DATE_EPOCH is '{seconds}'"
        raise InputError(msg, remedy="Set it to seconds since 1970, or unset it") from error
