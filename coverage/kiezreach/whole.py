"""Files and folders that are replaced whole or not at all, whatever ends the process."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kiezreach.errors import KiezreachError, OutputError

_PLACE = ".{}.kiezreach"  # beside the target: the last step is a rename within one file system
_LOCK, _HOLDER = "lock", "holder"
_EARLIER = "earlier"  # the earlier folder, for the moment in which the new one takes its place
_READY = ".ready"  # in a work folder of files that are whole: names of files that go
_PROBE_BYTES = 1 << 20  # a disk that does not take as much is full
_AT_CWD, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


@dataclass(frozen=True)
class Claim:
    """The sole right to write a target, until the process ends.

    Parameters
    ----------
    target
        The file or folder.
    place
        Hidden folder beside it, which goes with the claim.
    check
        Raises an error if what is there must not be replaced.
    """

    target: Path
    place: Path
    check: Callable[[], None]

    @contextmanager
    def whole_folder(self) -> Iterator[Path]:
        """Give a work folder, and put it in the place of the target when all went well.

        Yields
        ------
        Path
            Folder to write to.

        Raises
        ------
        OutputError
            If something cannot be written; the target stays as it was.
        """
        with _working(self) as work:
            yield work
            _keep(work)
            self.check()
            _replace(self.target, work, self.place / _EARLIER)
            _keep_names(self.target.parent)


@contextmanager
def claim(target: Path, check: Callable[[], None] = lambda: None) -> Iterator[Claim]:
    """Take the sole right to write a file or folder, and tidy up after runs that were killed.

    Parameters
    ----------
    target
        The file or folder; it need not exist, nor the folder that it is in.
    check
        Raises an error if what is there must not be replaced; called at once, and again before.

    Yields
    ------
    Claim

    Raises
    ------
    OutputError
        If another process writes it, or nothing can be written beside it; at once.
    """
    check()
    if os.path.ismount(target):
        raise _refusal(target, OSError(errno.EBUSY, os.strerror(errno.EBUSY)))
    place = target.parent / _PLACE.format(target.name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(place, target)
    except OutputError:
        raise
    except OSError as error:
        raise _refusal(target, error) from error
    try:
        held = Claim(target, place, check)
        with _told(held):
            _recover(held)
        check()
        yield held
    finally:
        # Released only when its file is gone: whoever opened that file meanwhile begins anew.
        shutil.rmtree(place, ignore_errors=True)
        lock.release()


def complete(target: Path) -> None:
    """Bring to an end what a run that was killed while it wrote a target has begun.

    Parameters
    ----------
    target
        As for `claim`; where nothing is left of such a run, nothing is written.

    Raises
    ------
    OutputError
        If another process is writing it.
    """
    if (target.parent / _PLACE.format(target.name)).exists():
        with claim(target):
            pass


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give another path to write a file to, and put it in its place when all went well.

    Parameters
    ----------
    path
        The file; one that is there stays as it is until then.

    Yields
    ------
    Path
        A file of the same name in a work folder.

    Raises
    ------
    OutputError
        If it cannot be written, or another process writes it.
    """
    if not path.parent.is_dir():
        raise _refusal(path, FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}"))
    with claim(path) as held, _working(held) as work:
        yield work / path.name
        _keep(work)
        (work / path.name).replace(path)
        _keep_names(path.parent)


@contextmanager
def whole_files(folder: Path, name: str, instead_of: Collection[str] = ()) -> Iterator[Path]:
    """Give a work folder, and put its files into a folder with others when all went well.

    A run that is killed while it puts them there is completed by the next one.

    Parameters
    ----------
    folder
        Folder for the files; what else is in it stays.
    name
        What they are called together: one process at a time writes those of a name.
    instead_of
        Names of files that go, unless they are written anew.

    Yields
    ------
    Path
        Folder to write to.

    Raises
    ------
    OutputError
        If they cannot be written, or another process writes them.
    """
    with claim(folder / name) as held, _working(held) as work:
        yield work
        _keep(work)
        ready = work / f"{_READY}-part"
        ready.write_text("\n".join(instead_of), encoding="utf-8")
        _keep(work)
        ready.rename(work / _READY)
        _put(work, folder)


@contextmanager
def _working(held: Claim) -> Iterator[Path]:
    """Give a work folder of a name of its own: processes of a run that was killed may go on."""
    with _told(held):
        work = Path(tempfile.mkdtemp(dir=held.place))
        work.chmod(0o755)  # mkdtemp makes it private
        yield work


@contextmanager
def _told(held: Claim) -> Iterator[None]:
    """Turn what writing raises into one error that says what to do."""
    try:
        yield
    except KiezreachError:
        raise
    except OSError as error:
        raise _refusal(held.target, error) from error
    except Exception as error:
        # Libraries have errors of their own for a disk that is full.
        for folder in (held.place, Path(tempfile.gettempdir())):
            if full := _full(folder):
                raise _refusal(held.target, full) from error
        raise


def _lock(place: Path, target: Path) -> FileLock:
    """Take the lock of a target; it ends with the process, however that ends."""
    place.mkdir(exist_ok=True)
    lock = FileLock(place / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = (
            f"{target}: another kiezreach is writing it{_holder(place)}. Wait until it has "
            "ended, or name another place"
        )
        raise OutputError(msg) from error
    since = datetime.now(UTC).isoformat(timespec="seconds")
    (place / _HOLDER).write_text(f" (process {os.getpid()}, since {since})", encoding="utf-8")
    return lock


def _holder(place: Path) -> str:
    """Return who holds the lock, as far as that is known."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (place / _HOLDER).read_text(encoding="utf-8")
    return ""


def _recover(held: Claim) -> None:
    """Bring to an end what runs that were killed have begun, and remove what they left."""
    earlier = held.place / _EARLIER
    if earlier.exists() and not held.target.exists():
        earlier.rename(held.target)
    for left in sorted(held.place.iterdir()):
        if left.is_dir():
            if (left / _READY).exists():
                _put(left, held.target.parent)
            shutil.rmtree(left, ignore_errors=True)


def _put(work: Path, folder: Path) -> None:
    """Move files that are whole to where they belong."""
    names = (work / _READY).read_text(encoding="utf-8").split("\n")
    files = [path for path in sorted(work.iterdir()) if path.name != _READY]
    for file in files:
        file.replace(folder / file.name)
    written = {file.name for file in files}
    for name in filter(None, names):
        if name not in written:
            (folder / name).unlink(missing_ok=True)
    _keep_names(folder)
    (work / _READY).unlink()


def _replace(target: Path, work: Path, earlier: Path) -> None:
    """Put a finished folder in the place of the earlier one, at one stroke where that can be."""
    if not target.exists():
        work.rename(target)
        return
    if _exchange(work, target):
        return
    target.rename(earlier)
    try:
        work.rename(target)
    except OSError:
        earlier.rename(target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders at one stroke; tell whether system and file system can do that."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    paths = (os.fsencode(one), os.fsencode(other))
    if library.renameat2(_AT_CWD, paths[0], _AT_CWD, paths[1], _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _keep(folder: Path) -> None:
    """Have the disk keep all files of a folder, so that a power cut finds them whole."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            _keep_names(path)
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    _keep_names(folder)


def _keep_names(folder: Path) -> None:
    """Have the disk keep which files a folder has, where the system can be asked to."""
    with contextlib.suppress(OSError):  # some file systems cannot, nor can Windows
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _full(folder: Path) -> OSError | None:
    """Try whether the disk of a folder takes a little more; return what it answers if not."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error
    return None


def _refusal(target: Path, error: OSError) -> OutputError:
    """Say why something cannot be written, and what helps."""
    remedy = {
        errno.ENOSPC: "Make room, or name a place on another disk",
        errno.EDQUOT: "Make room, or name a place on another disk",
        errno.EFBIG: "Allow larger files, or name another place",
        errno.EACCES: "Ask for the right to write there, or name another place",
        errno.EPERM: "Ask for the right to write there, or name another place",
        errno.EROFS: "Name another place",
        errno.ENOENT: "Name another place",
        errno.EBUSY: "It is in use or a disk of its own: name a folder in it",
    }.get(error.errno or 0)
    told = f"{target}: cannot be written ({error.strerror or error})"
    if remedy is not None:
        told += f". {remedy}; what was there before is as it was"
    return OutputError(told)
