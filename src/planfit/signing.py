"""The user's signing key: what vouches for an event, a finished step or a bundle as this user's own.

The key is a file outside every store (``$PLANFIT_HOME/key``, else ``$XDG_CONFIG_HOME/planfit/key``, else
``~/.config/planfit/key``), readable by its owner alone. It is made when something is signed for the first time.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from planfit.errors import PlanfitError

KEY_BYTES = 32
_known: dict[Path, bytes] = {}


def key_path() -> Path:
    """Return where the user's key is kept."""
    if home := os.environ.get("PLANFIT_HOME"):
        return Path(home).expanduser() / "key"
    if config := os.environ.get("XDG_CONFIG_HOME"):
        return Path(config).expanduser() / "planfit" / "key"
    return Path("~/.config/planfit/key").expanduser()


def sign(digest: str) -> str:
    """Return the signature of a hash by the user's key, as 64 hex digits.

    Parameters
    ----------
    digest : str
        SHA-256 of what is signed, as hex digits.

    Raises
    ------
    PlanfitError
        There is no key yet and none can be made, or the key file is damaged.
    """
    return _signature(_key(key_path()), digest)


def verify(digest: str, signature: str) -> bool:
    """Say whether `signature` is that of `digest` by this user's key. Without a key nothing is vouched for."""
    path = key_path()
    if path not in _known and not path.exists():
        return False
    return hmac.compare_digest(_signature(_key(path), digest).encode(), signature.encode("utf-8", "replace"))


def _signature(key: bytes, digest: str) -> str:
    return hmac.digest(key, digest.encode("ascii", "replace"), "sha256").hex()


def _key(path: Path) -> bytes:
    if (known := _known.get(path)) is None:
        try:
            known = _read(path) if path.exists() else _make(path)
        except OSError as error:
            raise PlanfitError(
                f"The signing key {path} cannot be read or made: {error.strerror or error}.",
                hint="Name a folder for it that you may write to with the environment variable PLANFIT_HOME.",
            ) from error
        _known[path] = known
    return known


def _read(path: Path) -> bytes:
    text = path.read_bytes().strip()
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PlanfitError(
            f"The signing key {path} is damaged: it should be {2 * KEY_BYTES} hex digits.",
            hint="Restore it, or remove it: a new one is made then, but runs signed by the old one are no longer trusted.",
        )
    return key


def _make(path: Path) -> bytes:
    """Make the key. Whoever links first wins, so processes that start together agree."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".key.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            os.write(fd, secrets.token_hex(KEY_BYTES).encode() + b"\n")
            os.fsync(fd)
        finally:
            os.close(fd)
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        except OSError:  # no links on this file system: the rename is atomic, the last one wins, so read what stands
            if not path.exists():
                beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return _read(path)
