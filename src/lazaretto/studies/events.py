"""Who infected whom: one row per infection, written day by day."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lazaretto.engine.spread import Infected
from lazaretto.people import Population
from lazaretto.words import LAYERS_AND_SEED

SCHEMA = pa.schema(
    [
        pa.field("day", pa.int16(), metadata={"unit": "days since the start"}),
        pa.field("person", pa.int32(), metadata={"meaning": "synthetic person infected"}),
        pa.field("source", pa.int32(), metadata={"meaning": "infector; -1: brought in"}),
        pa.field("layer", pa.dictionary(pa.int8(), pa.string())),
        pa.field("district", pa.dictionary(pa.int16(), pa.string())),
    ]
)


class EventFile:
    """A Parquet file of infections; use as a context, so that it is closed or removed.

    Parameters
    ----------
    path
        The file.
    people
        The population, for the district of each person.
    """

    def __init__(self, path: Path, people: Population) -> None:
        self.path = path
        self._partial = path.with_name(f".{path.name}.partial")
        self._people = people
        self._writer = pq.ParquetWriter(self._partial, SCHEMA, compression="zstd")

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        if kind is None:
            self._partial.replace(self.path)
        else:
            self._partial.unlink(missing_ok=True)

    def add(self, day: int, some: Infected) -> None:
        """Write the infections of one day and range of persons."""
        district = np.searchsorted(self._people.district_start, some.person, side="right") - 1
        columns = [
            pa.array(np.full(some.person.size, day, np.int16)),
            pa.array(some.person),
            pa.array(some.source),
            pa.DictionaryArray.from_arrays(some.layer.astype(np.int8), list(LAYERS_AND_SEED)),
            pa.DictionaryArray.from_arrays(district.astype(np.int16), list(self._people.districts)),
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))
