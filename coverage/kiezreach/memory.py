"""How much memory the process has used, where the system says so."""

from __future__ import annotations

import sys

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_UNITS_PER_MB = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB


def peak_memory_mb() -> int | None:
    """Return the most memory in use so far in MB (MiB), None where it is not known."""
    if resource is None:
        return None
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MB)
