"""One process at a time in a run folder; the lock goes with the process, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK = ".lock"


class FolderBusyError(Exception):
    """Another process is working in the same run folder."""


class FolderNotWritableError(OSError):
    """A run folder that cannot be made or written."""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make a folder if needed and keep every other process out of it.

    A folder that is empty afterwards is removed, and the one above it if it was made here.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    FolderBusyError
        If another process is in it.
    FolderNotWritableError
        If it cannot be written.
    """
    above_is_new = not folder.parent.exists()
    lock = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _taken(lock)
    except OSError as error:
        raise FolderNotWritableError(
            f"{folder} cannot be written ({error.strerror}); give another folder with --out"
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(handle)
        with suppress(OSError):
            folder.rmdir()
            if above_is_new:
                folder.parent.rmdir()


def _taken(lock: Path) -> int:
    while True:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
        if not _locked(handle):
            owner = os.read(handle, 32).decode("ascii", "replace").strip() or "another process"
            os.close(handle)
            raise FolderBusyError(
                f"process {owner} is running the same scenario in {lock.parent}; wait for it, or "
                "give another folder with --out"
            )
        # Whoever held the lock before removed the file on leaving; then this one is nobody's.
        with suppress(FileNotFoundError):
            if lock.stat().st_ino == os.fstat(handle).st_ino:
                with suppress(OSError):  # to say who has it is a courtesy; a disk may be full
                    os.truncate(handle, 0)
                    os.write(handle, str(os.getpid()).encode("ascii"))
                return handle
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
