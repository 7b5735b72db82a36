"""Writing so that a file is whole or absent: temporary name, fsync, rename. And what to say when a disk refuses."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from planfit.errors import PlanfitError

CHUNK = 1 << 20
TEMPORARY = ".tmp"
READ_ONLY = 0o444
PARTLY = "the disk took only a part of it"

_HINTS = {
    errno.ENOSPC: "Free some space; `planfit resume` goes on where this stopped.",
    errno.EDQUOT: "Your quota is used up: free some space; `planfit resume` goes on where this stopped.",
    errno.EMFILE: "Raise the limit on open files with `ulimit -n`; `planfit resume` goes on where this stopped.",
    errno.ENFILE: "The system has too many files open: close some programs; `planfit resume` goes on where this stopped.",
    errno.EROFS: "The file system is read-only: name another folder with --store.",
    errno.EACCES: "Name a folder that you may write to with --store.",
    errno.EPERM: "Name a folder that you may write to with --store.",
}


class Disk:
    """Everything that changes the file system. Tests pass one that fails or dies at a given call."""

    def write(self, fd: int, data: bytes) -> None:
        """Write all of `data` at the end of a file; where only a part arrives, and nobody says so, that is an error."""
        before = os.fstat(fd).st_size
        view = memoryview(data)
        while view:
            taken = self.put(fd, view)
            if taken <= 0:
                raise OSError(errno.EIO, PARTLY)
            view = view[taken:]
        if os.fstat(fd).st_size != before + len(data):
            raise OSError(errno.EIO, PARTLY)

    def put(self, fd: int, data: memoryview) -> int:
        """Hand `data` to the system; return how much of it was taken, which may be a part."""
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        """Bring a file's content to the disk."""
        os.fsync(fd)

    def sync_folder(self, folder: Path) -> None:
        """Bring a folder's entries to the disk, where the system can."""
        flags = getattr(os, "O_DIRECTORY", None)
        if flags is None:
            return
        fd = os.open(folder, os.O_RDONLY | flags)
        try:
            with suppress(OSError):  # some file systems cannot sync folders; renames are ordered there anyway
                os.fsync(fd)
        finally:
            os.close(fd)

    def create(self, path: Path, mode: int) -> int:
        """Create a file that must not exist yet; return its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)

    def replace(self, source: Path, target: Path) -> None:
        """Rename; what stood at the target is gone."""
        source.replace(target)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must be free."""
        os.link(source, target)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file off."""
        os.ftruncate(fd, size)

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it."""
        folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an error of the system into one sentence.

    Parameters
    ----------
    what : str
        What was tried, e.g. ``"report.md cannot be written"``.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        hint = _HINTS.get(error.errno or 0, "Check the disk; `planfit resume` goes on where this stopped.")
        raise PlanfitError(f"{what}: {reason[:1].lower()}{reason[1:]}.", hint=hint) from error


def write_whole(
    disk: Disk, path: Path, data: bytes, *, mode: int = 0o644, beside: Path | None = None, settle: bool = True
) -> None:
    """Write a file so that at every moment the old or the new content stands there, whole.

    Parameters
    ----------
    beside : Path or None
        Folder for the temporary file, on the same file system; None: the file's own.
    settle : bool, default=True
        Bring the name to the disk too. Not for what is derived: after a power cut the older content does as well.
    """
    temporary = temporary_name(beside or path.parent, path.name)
    with explained(f"{path.name} cannot be written"), gone_on_failure(temporary):
        fd = disk.create(temporary, mode)
        try:
            disk.write(fd, data)
            disk.sync(fd)
        finally:
            os.close(fd)
        disk.replace(temporary, path)
        if settle:
            disk.sync_folder(path.parent)


@contextmanager
def gone_on_failure(temporary: Path) -> Iterator[None]:
    """Remove a temporary file when the block fails."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def temporary_name(folder: Path, name: str) -> Path:
    """Return a new temporary name that tells who made it, so that leftovers of dead processes can be told."""
    return folder / f".{name}@{_host()}@{os.getpid()}@{secrets.token_hex(4)}{TEMPORARY}"


def is_leftover(name: str) -> bool:
    """Say whether a temporary name was made by a process of this machine that is no more."""
    parts = name.removesuffix(TEMPORARY).rsplit("@", 3)
    if not name.endswith(TEMPORARY) or len(parts) != 4 or parts[1] != _host() or not parts[2].isdigit():
        return False
    pid = int(parts[2])
    return pid != os.getpid() and not _alive(pid)


def hash_file(path: Path) -> tuple[str, int]:
    """Return a file's SHA-256 as hex digits, and its size."""
    seen = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
    return seen.hexdigest(), size


def _host() -> str:
    return "".join(c if c.isalnum() or c == "-" else "-" for c in socket.gethostname()) or "host"


def _alive(pid: int) -> bool:
    if os.name == "nt":  # there kill(pid, 0) would end the process
        import psutil

        return bool(psutil.pid_exists(pid))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
