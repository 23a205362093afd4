"""Who infected whom: one row per infection, written as the run goes on and kept in parts."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lazaretto.engine.spread import Infected
from lazaretto.people import Population
from lazaretto.words import ORIGINS

SCHEMA = pa.schema(
    [
        pa.field("day", pa.int16(), metadata={"unit": "days since the start"}),
        pa.field("person", pa.int32(), metadata={"meaning": "synthetic person infected"}),
        pa.field("source", pa.int32(), metadata={"meaning": "infector; -1: brought in"}),
        pa.field("layer", pa.dictionary(pa.int8(), pa.string())),
        pa.field("district", pa.dictionary(pa.int16(), pa.string())),
    ]
)

ROWS = 1 << 18
"""Rows written together."""


class EventFile:
    """A Parquet file of infections; use as a context, so that it is completed or can go on.

    What was written up to a checkpoint lies in parts of its own, complete files each; they are
    put together when the run ends.

    Parameters
    ----------
    path
        The file.
    people
        The population, for the district of each person.
    day
        Day of the run from which it goes on; later parts are of no use and are removed.
    """

    def __init__(self, path: Path, people: Population, day: int = 0) -> None:
        self.path = path
        self._people = people
        self._open = path.with_name(f".{path.stem}.partial")
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._open.unlink(missing_ok=True)
        for part in self._parts():
            if int(part.stem.rpartition("-")[2]) > day:
                part.unlink()

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._complete()
        else:
            self._close()
            self._open.unlink(missing_ok=True)

    def add(self, day: int, some: Infected) -> None:
        """Write the infections of one day and range of persons."""
        if not some.person.size:
            return
        district = np.searchsorted(self._people.district_start, some.person, side="right") - 1
        columns = [
            pa.array(np.full(some.person.size, day, np.int16)),
            pa.array(some.person),
            pa.array(some.source),
            pa.DictionaryArray.from_arrays(some.layer.astype(np.int8), list(ORIGINS)),
            pa.DictionaryArray.from_arrays(district.astype(np.int16), list(self._people.districts)),
        ]
        self._waiting.append(pa.Table.from_arrays(columns, schema=SCHEMA))
        if sum(table.num_rows for table in self._waiting) >= ROWS:
            self._write()

    def cut(self, day: int) -> None:
        """Complete a part that holds everything before a day of the run."""
        self._write()
        if self._writer is not None:
            self._close()
            self._open.replace(self.path.with_name(f".{self.path.stem}-{day:05d}.part"))

    def _parts(self) -> list[Path]:
        return sorted(self.path.parent.glob(f".{self.path.stem}-*.part"))

    def _write(self) -> None:
        if self._waiting:
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._open, SCHEMA, compression="zstd")
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting = []

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _complete(self) -> None:
        self._write()
        self._close()
        parts = [*self._parts(), *([self._open] if self._open.is_file() else [])]
        whole = self.path.with_name(f".{self.path.name}.partial")
        with pq.ParquetWriter(whole, SCHEMA, compression="zstd") as writer:
            for part in parts:
                with pq.ParquetFile(part) as file:
                    for i in range(file.num_row_groups):
                        writer.write_table(file.read_row_group(i).cast(SCHEMA))
        whole.replace(self.path)
        # The parts stay until the results are kept: a run killed before goes on with them.
        self._open.unlink(missing_ok=True)
