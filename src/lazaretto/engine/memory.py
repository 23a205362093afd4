"""Memory, which limits transmission more than arithmetic: large pages, and asking ahead."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

AHEAD = 16
"""Persons of a list between one who is looked at and one whose memory is asked for."""


@intrinsic
def prefetch(typingctx: Any, array: Any, index: Any) -> Any:  # noqa: ANN401, ARG001 - numba's
    """Ask for the cache line of ``array[index]``, a one-dimensional array; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        array_type, _ = signature.args
        values = context.make_array(array_type)(context, builder, arguments[0])
        position = context.cast(builder, arguments[1], signature.args[1], types.intp)
        pointer = cgutils.get_item_pointer(
            context, builder, array_type, values, [position], wraparound=False
        )
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(ask, [builder.bitcast(pointer, byte), word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


def resident(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array read at random in memory of its own, and let go of a file's pages.

    Files are mapped in pages of 4 KiB, whose addresses take longer to find than the data; NumPy
    asks for large pages for arrays above 4 MiB (measured: a quarter of a day's time).

    Parameters
    ----------
    array
        A read-only array, perhaps over a mapped file; the file stays mapped, out of memory.
    """
    own = np.array(array)
    let_go(array)
    return own


def let_go(array: NDArray[Any]) -> None:
    """Let the pages of an array over a mapped file go; they come back when they are read.

    Parameters
    ----------
    array
        A read-only array; nothing happens if it is not over a mapped file.
    """
    base: Any = array
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    if base is not None and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def give_freed_memory_back(larger_than: int = 1 << 22) -> None:
    """Ask the C library to return large freed arrays to the system at once, where it can.

    glibc otherwise keeps what threads have freed: a third more memory at the peak of a wave. The
    memory of smaller arrays is kept for others: new memory comes in pages of 4 KiB, each at the
    cost of a thousand additions, up to where NumPy asks for large pages.

    Parameters
    ----------
    larger_than
        Bytes above which an array is large; four MiB are where NumPy asks for large pages.
    """
    try:
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, larger_than)
        library.mallopt(M_TRIM_THRESHOLD, 8 * larger_than)
    except (AttributeError, OSError, TypeError):
        return


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameter numbers of mallopt in glibc: larger blocks are mapped, and unmapped when freed; free
memory above so much goes back."""
