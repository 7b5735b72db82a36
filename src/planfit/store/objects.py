"""Files by their content: every one stored once, runs hold links to them."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path, PurePosixPath

from planfit.errors import DamagedRun
from planfit.records.scores import ArtifactRef
from planfit.store.files import (
    CHUNK,
    READ_ONLY,
    Disk,
    explained,
    gone_on_failure,
    hash_file,
    temporary_name,
    write_whole,
)

TEMPORARIES = ".tmp"
"""Folder of a store for files that are not whole yet."""
RESERVED = frozenset({"events.jsonl", "head.json", "trace.json", "lock", "scratch", "inbox", "unfinished"})
"""Names at the top of a run's folder that no step may write to."""
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

Stamp = tuple[int, int, int]


class Objects:
    """``objects/<sha256>`` of a store.

    Parameters
    ----------
    root : Path
        The store's folder.
    """

    def __init__(self, root: Path, disk: Disk) -> None:
        self.folder = root / "objects"
        self.temporaries = root / TEMPORARIES
        self._disk = disk
        self._seen: dict[Path, tuple[Stamp, str]] = {}

    def path(self, sha256: str) -> Path:
        """Return where the content with this hash is kept."""
        return self.folder / sha256

    def keep(self, source: Path | bytes, *, within: Path) -> tuple[str, int]:
        """Take in a file or bytes; return its hash and size.

        Parameters
        ----------
        within : Path
            A file below this folder is the run's own and gets a second name; any other is copied.
        """
        self._disk.make_folder(self.folder)
        self._disk.make_folder(self.temporaries)
        if isinstance(source, bytes):
            sha256, size = hashlib.sha256(source).hexdigest(), len(source)
            if not self.intact(sha256):
                write_whole(self._disk, self.path(sha256), source, mode=READ_ONLY, beside=self.temporaries)
        elif source.resolve().is_relative_to(within.resolve()) and not source.is_symlink():
            sha256, size = self._link_in(source)
        else:
            sha256, size = self._copy_in(source)
        self._remember(self.path(sha256), sha256)
        return sha256, size

    def lay(self, ref: ArtifactRef, folder: Path) -> None:
        """Put the content of `ref` at its place below `folder`: a link, or a copy where links are impossible."""
        source, target = self.path(ref.sha256), folder / inner_path(ref.path)
        self._disk.make_folder(target.parent)
        if target.exists() and target.samefile(source):
            return
        temporary = temporary_name(target.parent, target.name)
        with gone_on_failure(temporary):
            try:
                self._disk.link(source, temporary)
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                self._copy(source, temporary)
            self._disk.replace(temporary, target)
        temporary.unlink(missing_ok=True)
        self._disk.sync_folder(target.parent)
        self._remember(target, ref.sha256)

    def intact(self, sha256: str) -> bool:
        """Say whether this content is here and fits its hash."""
        return self.fits(self.path(sha256), sha256)

    def fits(self, path: Path, sha256: str) -> bool:
        """Say whether a file has this hash; what was looked at before is read again only if it changed since."""
        try:
            stamp = _stamp(path)
            if self._seen.get(path) == (stamp, sha256):
                return True
            found = hash_file(path)[0]
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        if found == sha256:
            self._seen[path] = stamp, sha256
        return found == sha256

    def _link_in(self, source: Path) -> tuple[str, int]:
        with source.open("rb") as file:
            self._disk.sync(file.fileno())
        source.chmod(READ_ONLY)
        sha256, size = hash_file(source)
        target = self.path(sha256)
        if not self.intact(sha256):
            # by a rename, so that at every moment a whole object stands there: other runs may be at the same
            temporary = temporary_name(self.temporaries, "object")
            with gone_on_failure(temporary):
                try:
                    self._disk.link(source, temporary)
                except OSError as error:
                    if error.errno not in _NO_LINKS:
                        raise
                    return self._copy_in(source)
                self._disk.replace(temporary, target)
            temporary.unlink(missing_ok=True)  # renaming one name of a file to another of it leaves both
            self._disk.sync_folder(self.folder)
        return sha256, size

    def _copy_in(self, source: Path) -> tuple[str, int]:
        temporary = temporary_name(self.temporaries, "object")
        with gone_on_failure(temporary):
            sha256, size = self._copy(source, temporary)
            self._disk.replace(temporary, self.path(sha256))
        self._disk.sync_folder(self.folder)
        return sha256, size

    def _copy(self, source: Path, target: Path) -> tuple[str, int]:
        seen = hashlib.sha256()
        size = 0
        fd = self._disk.create(target, READ_ONLY)
        try:
            with source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    self._disk.write(fd, chunk)
                    seen.update(chunk)
                    size += len(chunk)
            self._disk.sync(fd)
        finally:
            os.close(fd)
        return seen.hexdigest(), size

    def _remember(self, path: Path, sha256: str) -> None:
        self._seen[path] = _stamp(path), sha256


def inner_path(path: str) -> PurePosixPath:
    """Return a run-relative path as it may stand in a record.

    Raises
    ------
    ValueError
        It leads out of the run's folder or is one of the store's own names.
    """
    pure = PurePosixPath(path)
    if (
        not path
        or pure.is_absolute()
        or ".." in pure.parts
        or "\\" in path
        or str(pure) != path
        or pure.parts[0] in RESERVED
    ):
        raise ValueError(f"{path!r} is not a place for a file of a run")
    return pure


def checked(objects: Objects, folder: Path, ref: ArtifactRef, *, newest: ArtifactRef | None) -> Path:
    """Return the path of a file that was announced, its hash checked.

    A place that a later step wrote to anew holds the newer content; the older is found among the objects.

    Raises
    ------
    DamagedRun
        The file is gone or does not fit.
    """
    path = folder / inner_path(ref.path)
    with explained(f"{ref.path} cannot be read"):
        if objects.fits(path, ref.sha256):
            return path
        if newest is not None and newest.sha256 != ref.sha256 and objects.intact(ref.sha256):
            return objects.path(ref.sha256)
        state = "does not fit its hash" if path.exists() else "is missing"
    raise DamagedRun(
        f"{ref.path} of {folder.name} {state}.",
        hint=f"`planfit trace {folder.name} --verify` names everything that is damaged; `planfit resume` does such steps again.",
    )


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
