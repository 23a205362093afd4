"""A run split over processes by city, with MPI: who has which city, and how they tell each other.

Every exchange begins with a word of each process to all others, and a process in which something
went wrong says so there; so an error in one of them ends all, and nobody waits for a message that
never comes. MPI is loaded only in processes that an MPI launcher has started.
"""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from lazaretto.nation.exchange import VISIT, Alone, Exchange, Item, Sent, usable_cores
from lazaretto.people import CensusError
from lazaretto.scenario import ScenarioError

LAUNCHERS = (
    ("PMI_RANK", "PMI_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
)
"""Variables in which MPICH and its kin, and Open MPI, say the rank and number of processes."""


def launched() -> tuple[int, int]:
    """Return rank and number of the processes that an MPI launcher started; (0, 1) without one."""
    for rank, size in LAUNCHERS:
        if rank in os.environ and size in os.environ:
            return int(os.environ[rank]), int(os.environ[size])
    return 0, 1


class RanksError(Exception):
    """What ends a run on several processes, without being wrong in this one.

    Parameters
    ----------
    said
        What happened.
    code
        Exit code of the process it happened in, taken by all.
    """

    def __init__(self, said: str, code: int = 1) -> None:
        self.code = code
        super().__init__(said)


def shared_out(residents: Sequence[int], size: int) -> NDArray[np.int64]:
    """Return the process of each city: the largest city first, to whoever has fewest residents.

    Parameters
    ----------
    residents
        Residents of each city.
    size
        Number of processes.
    """
    owners = np.zeros(len(residents), np.int64)
    held = [0] * size
    for city in sorted(range(len(residents)), key=lambda city: (-residents[city], city)):
        lightest = held.index(min(held))
        owners[city] = lightest
        held[lightest] += residents[city]
    return owners


@dataclass
class Ranks:
    """The processes of an MPI run; implements `lazaretto.nation.exchange.Exchange`."""

    rank: int = field(init=False)
    size: int = field(init=False)
    days: list[Sent] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        try:
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:  # absent, or without a library of MPI
            raise RanksError(
                f"this was started on {launched()[1]} processes, and MPI cannot be used ({error}); "
                "install it with: pip install 'lazaretto[mpi]'"
            ) from error
        self._mpi, self._all = MPI, MPI.COMM_WORLD
        self.rank, self.size = self._all.rank, self._all.size
        if (self.rank, self.size) != launched():
            raise RanksError(
                f"the launcher started {launched()[1]} processes and MPI knows of {self.size}: "
                "mpiexec is not of the MPI that mpi4py has loaded "
                f"({MPI.Get_library_version().splitlines()[0]})"
            )
        node = self._all.Split_type(MPI.COMM_TYPE_SHARED)
        self._cores = max(len(set().union(*node.allgather(usable_cores()))) // node.size, 1)
        node.Free()
        self._owners = np.zeros(0, np.int64)

    def cores(self) -> int:
        """Return the share of this process in the cores of its machine, at least 1."""
        return self._cores

    def assign(self, residents: Sequence[int]) -> None:
        """Share out the cities and begin to count."""
        self._owners = shared_out(residents, self.size)
        self.days = [Sent()]

    def owner(self, city: int) -> int:
        """Return the process a city belongs to."""
        return int(self._owners[city])

    def share(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items of all processes, in the order of the processes."""
        return [item for items in self._tell(list(mine)) for item in items]

    def collect(self, mine: Sequence[Item]) -> list[Item]:
        """Return the items of all processes to the first, in the same order; none to the others."""
        packed = pickle.dumps(list(mine), pickle.HIGHEST_PROTOCOL)
        self._tell(len(packed))
        self._count(min(self.rank, 1), len(packed) * min(self.rank, 1))
        heard = self._all.gather(packed) or []
        return [item for each in heard for item in _unpacked(each)]

    def deliver(self, records: NDArray[Any]) -> NDArray[Any]:
        """Send each record to the process of the city in its field ``to``; return those for us."""
        owners = self._owners[records["to"]]
        ordered = records[np.argsort(owners, kind="stable")]
        sent = np.bincount(owners, minlength=self.size) * records.itemsize
        counts = np.array(self._tell(sent.tolist()))
        try:
            received = np.empty(int(counts[:, self.rank].sum()), np.uint8)
            self._all.Alltoallv(
                [ordered.view(np.uint8), sent, self._mpi.BYTE],
                [received, counts[:, self.rank], self._mpi.BYTE],
            )
        except BaseException:  # the others are in the middle of it
            traceback.print_exc(file=sys.__stderr__)
            self.abort()
        sent[self.rank] = 0
        self._count(int((sent > 0).sum()), int(sent.sum()), visits=records.dtype == VISIT)
        return received.view(records.dtype)

    def end_day(self) -> None:
        """Begin to count for another day."""
        self.days.append(Sent())

    def give_up(self, error: BaseException) -> None:
        """Tell the others, who wait in their next exchange, that this process has failed."""
        own = getattr(error, "exit_code", 1)  # of who leaves the command line
        code = 2 if isinstance(error, ScenarioError | CensusError) else int(own)
        told = "".join(traceback.format_exception(error))
        self._exchanged((None, (told, code)))

    def abort(self) -> NoReturn:
        """End all processes at once, the last resort."""
        self._all.Abort(1)
        raise SystemExit(1)

    def leave(self) -> None:
        """End the use of MPI: the others need not wait until the first has written its report."""
        self._mpi.Finalize()

    def _tell(self, told: Any) -> list[Any]:  # noqa: ANN401 - whatever the others expect
        heard = self._exchanged((told, None))
        for rank, (_, failed) in enumerate(heard):
            if failed is not None:
                said, code = failed
                raise RanksError(f"process {rank} of {self.size} failed:\n{said}", code)
        return [each for each, _ in heard]

    def _exchanged(self, word: tuple[Any, Any]) -> list[tuple[Any, Any]]:
        packed = pickle.dumps(word, pickle.HIGHEST_PROTOCOL)
        self._count(self.size - 1, len(packed) * (self.size - 1))
        return [_unpacked(each) for each in self._all.allgather(packed)]

    def _count(self, messages: int, n_bytes: int, visits: bool | None = None) -> None:
        if not self.days:
            return
        today = self.days[-1]
        today.messages += messages
        if visits is None:
            today.shared += n_bytes
        elif visits:
            today.visits += n_bytes
        else:
            today.exposures += n_bytes


def _unpacked(packed: bytes) -> Any:  # noqa: ANN401 - whatever was packed
    return pickle.loads(packed)  # noqa: S301 - by a process of this run


@contextmanager
def together() -> Iterator[Exchange]:
    """Yield how the processes of a command talk; an error in one of them ends all.

    The others do what the first tells them (`lazaretto.studies.nation_run.assist`) until it leaves.

    Raises
    ------
    RanksError
        If MPI cannot be used, or something went wrong in another process.
    """
    if launched()[1] == 1:
        yield Alone()
        return
    ranks = Ranks()
    try:
        yield ranks
        if ranks.rank == 0:
            ranks.share([None])
    except RanksError:  # of another process, which has told all
        raise
    except KeyboardInterrupt:  # asked twice to stop
        ranks.abort()
    except BaseException as error:
        ranks.give_up(error)
        raise
    finally:
        ranks.leave()
