"""Where the runs of an ensemble are made: in processes of this machine, or on a dask cluster.

Both are reached through the interface of `concurrent.futures`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Protocol, TypeVar

from lazaretto.compiled import model_digest
from lazaretto.people.nation import follow_parent

Result = TypeVar("Result")

ANSWER = 20.0
"""Seconds in which a scheduler must answer."""


ALONE = 0
"""Key of the one process that is not one of several."""


class ProcessesError(OSError):
    """No process can be started."""


class ClusterError(OSError):
    """A dask cluster that cannot be used."""


class Workplace(Protocol):
    """Where work is done.

    ``width`` is the number of pieces of work that are done at a time.
    """

    width: int

    def submit(self, work: Callable[..., Result], *given: Any) -> Future[Result]:  # noqa: ANN401
        """Have work done."""

    def alone(self, work: Callable[..., Result], *given: Any) -> Future[Result] | None:  # noqa: ANN401
        """Have work done that has ended a process, where it can harm no other; None: nowhere."""

    def check(self) -> None:
        """Raise if no work at all can be done here."""

    def close(self, at_once: bool) -> None:
        """Leave it; ``at_once`` without waiting for the work in hand."""


class Processes:
    """Processes of this machine, one thread of the engine each.

    They stay for the next ensemble, with the kernels and populations that they have loaded, and
    end with this process, however it ends.

    Parameters
    ----------
    width
        Number of processes at most; they are started as there is work for them.
    """

    _pools: dict[int, ProcessPoolExecutor] = {}  # noqa: RUF012 - of this process, on purpose

    def __init__(self, width: int) -> None:
        self.width = width

    def submit(self, work: Callable[..., Result], *given: Any) -> Future[Result]:  # noqa: ANN401
        """Have work done by one of the processes."""
        return self._have_done(self.width, work, *given)

    def alone(self, work: Callable[..., Result], *given: Any) -> Future[Result]:  # noqa: ANN401
        """Have work done by a process beside them, while they have nothing to do."""
        return self._have_done(ALONE, work, *given)

    def _have_done(
        self,
        pool: int,
        work: Callable[..., Result],
        *given: Any,  # noqa: ANN401
    ) -> Future[Result]:
        if pool in self._pools:
            try:
                return self._pools[pool].submit(work, *given)
            except BrokenProcessPool:
                self._pools.pop(pool).shutdown(wait=False)
        self._pools[pool] = _processes(max(pool, 1))
        return self._pools[pool].submit(work, *given)

    def check(self) -> None:
        """Raise if processes end before they can do anything.

        Raises
        ------
        ProcessesError
            If they do.
        """
        try:
            self.alone(model_digest).result()
        except BrokenProcessPool as error:
            raise ProcessesError(
                "processes end as soon as they are started: a script that makes many runs must "
                'guard its own start by if __name__ == "__main__", for they read it too'
            ) from error

    def close(self, at_once: bool) -> None:
        """Leave the processes; ``at_once`` end them with the work in hand."""
        for key in (ALONE, self.width) if at_once else (ALONE,):
            pool = self._pools.pop(key, None)
            if pool is None:
                continue
            if at_once:
                for process in list((pool._processes or {}).values()):
                    process.terminate()
            pool.shutdown(wait=False, cancel_futures=at_once)


def _processes(width: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(width, mp_context=get_context("spawn"), initializer=follow_parent)


class Cluster:
    """The workers of a dask cluster.

    Parameters
    ----------
    address
        Address of the scheduler, such as ``tcp://host:8786``.
    out
        A folder that the workers must see as this process does; none if None.

    Raises
    ------
    ClusterError
        If distributed is not installed, no scheduler answers, there is no worker, or a worker has
        another Lazaretto or does not see the folder.
    """

    def __init__(self, address: str, out: Path | None) -> None:
        try:
            import distributed

            connect: Callable[..., Any] = distributed.Client
        except ImportError as error:
            raise ClusterError(
                "a cluster needs dask.distributed: install lazaretto[studies]"
            ) from error
        try:
            self._client = connect(address, timeout=ANSWER)
            threads = self._client.nthreads()
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no scheduler answers at {address}: start one with dask scheduler ({error})"
            ) from error
        self.width = sum(threads.values())
        try:
            if not self.width:
                raise ClusterError(
                    f"the scheduler at {address} has no workers: start them with dask worker "
                    f"{address} --nworkers auto --nthreads 1"
                )
            self._check_versions()
            self._check_sight(out)
        except BaseException:
            self._client.close()
            raise
        self._pool: Executor = self._client.get_executor(pure=False)

    def _check_versions(self) -> None:
        own = model_digest()
        found = self._client.run(model_digest, on_error="return")
        others = [worker for worker, digest in found.items() if digest != own]
        if others:
            raise ClusterError(
                f"the workers {', '.join(others)} have another version of Lazaretto, or none: "
                "install the same one"
            )

    def _check_sight(self, out: Path | None) -> None:
        if out is None:
            return
        out.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(prefix=".seen-", dir=out) as mark:
            seen: dict[str, bool] = self._client.run(Path(mark.name).is_file)
        blind = [worker for worker, sees in seen.items() if not sees]
        if blind:
            raise ClusterError(
                f"{out} is not seen by the workers {', '.join(blind)}: give a folder with --out "
                "that all machines share"
            )

    def submit(self, work: Callable[..., Result], *given: Any) -> Future[Result]:  # noqa: ANN401
        """Have work done by one of the workers."""
        return self._pool.submit(work, *given)

    def alone(self, work: Callable[..., Result], *given: Any) -> None:  # noqa: ANN401
        """Return None: the scheduler has tried it on other workers already."""

    def check(self) -> None:
        """Do nothing: it was checked when this process came to it."""

    def close(self, at_once: bool) -> None:
        """Leave the cluster; ``at_once`` without waiting for the work in hand."""
        self._pool.shutdown(wait=not at_once)
        self._client.close()
