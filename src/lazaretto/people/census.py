"""What the census says about an area: persons by age, households, work, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CensusArea:
    """The tables a population is made from; the first axis is always the district.

    Parameters
    ----------
    name, title, districts
        Identifier, readable name, names of the districts.
    persons
        (n_districts, 18) residents by age band.
    family_households, family_persons, one_person
        (n_districts,) family households, their residents, one-person households.
    rural
        (n_districts,) residents outside cities and towns, 0 where unknown; they live in villages.
    generations
        (n_districts, 3) family households of one, two, three or more generations.
    size_share
        (10,) reference shares of family households of 1 to 10 persons; tilted per district.
    lon, lat, area_km2
        (n_districts,) seat in degrees and area; NaN where unknown.
    employed
        (n_districts,) employed residents.
    industries, industry_share
        Names and (n_districts, n_industries) shares of the employed.
    contact_location
        Location of the contact matrices (Mistry et al. 2021, doi:10.1038/s41467-020-20544-y).
    household_contacts, school_contacts, work_contacts
        (18, 18) per-capita frequencies F of those matrices, row = participant.
    n_subdistricts
        Number of subdistricts if known, else 0.
    of_subdistricts
        Of a sample of whole subdistricts: how many there are in the whole, else 0. People travel
        as if the others were there too.
    with_65plus
        (n_districts,) households with persons of 65 and over, NaN where unknown; for comparison
        only.
    notes
        What was not in the tables and had to be taken from elsewhere.
    """

    name: str
    title: str
    districts: tuple[str, ...]
    persons: NDArray[np.int64]
    family_households: NDArray[np.int64]
    family_persons: NDArray[np.int64]
    one_person: NDArray[np.int64]
    rural: NDArray[np.int64]
    generations: NDArray[np.int64]
    size_share: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    area_km2: NDArray[np.float64]
    employed: NDArray[np.int64]
    industries: tuple[str, ...]
    industry_share: NDArray[np.float64]
    contact_location: str
    household_contacts: NDArray[np.float64]
    school_contacts: NDArray[np.float64]
    work_contacts: NDArray[np.float64]
    with_65plus: NDArray[np.float64]
    n_subdistricts: int = 0
    of_subdistricts: int = 0
    notes: tuple[str, ...] = ()

    @property
    def n_persons(self) -> int:
        """Residents of the area."""
        return int(self.persons.sum())

    @property
    def n_districts(self) -> int:
        """Number of districts."""
        return len(self.districts)

    def content(self) -> bytes:
        """Return every value as bytes, for the address in the cache."""
        parts = []
        for f in fields(self):
            value = getattr(self, f.name)
            text = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            parts.append(f"{f.name}:{len(text)}:".encode() + text)
        return b"".join(parts)


def scaled(census: CensusArea, n_persons: int, n_districts: int) -> CensusArea:
    """Return the same census for fewer (or more) residents in merged districts.

    Parameters
    ----------
    census
        The area to draw from.
    n_persons
        Residents wanted, at least 60 a district.
    n_districts
        Neighbouring rows of the table are merged into this many districts.

    Raises
    ------
    ValueError
        If there are too few persons, or more districts wanted than the census has.
    """
    if not 1 <= n_districts <= census.n_districts:
        raise ValueError(f"n_districts must be 1 to {census.n_districts}, not {n_districts}")
    if n_persons < 60 * n_districts:
        raise ValueError(f"n_persons must be {60 * n_districts} or more, not {n_persons}")
    groups = np.array_split(np.arange(census.n_districts), n_districts)
    weight = census.persons.sum(axis=1).astype(np.float64)

    def merged(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.array([values[g].sum(axis=0) for g in groups], np.int64)

    def mean(values: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.array([np.average(values[g], axis=0, weights=by[g]) for g in groups])

    full = merged(census.persons)
    persons = shares_to_counts(full.ravel() / full.sum(), n_persons).reshape(full.shape)
    factor = persons.sum(axis=1) / full.sum(axis=1)
    family = np.rint(merged(census.family_persons) * factor).astype(np.int64)
    single = np.rint(merged(census.one_person) * factor).astype(np.int64)
    households = np.rint(merged(census.family_households) * factor).astype(np.int64)
    larger = np.clip(households - single, -((single - family) // 10), (family - single) // 2)
    households = single + larger
    rural = np.rint(merged(census.rural) * factor).astype(np.int64)
    generations = np.empty((n_districts, 3), np.int64)
    for d, counts in enumerate(merged(census.generations)):
        generations[d] = shares_to_counts(counts / counts.sum(), int(households[d]))
        short = max(0, single[d] - generations[d, 0])
        generations[d] += (short, -short, 0)
    employed = np.rint(merged(census.employed) * factor).astype(np.int64)
    # Distances shrink too: the same density, so the same shares of travel between districts.
    shrink = (n_persons / census.n_persons) ** 0.5
    lon, lat = mean(census.lon, weight), mean(census.lat, weight)
    return replace(
        census,
        name=f"{census.name}-{n_persons}-{n_districts}",
        title=f"{census.title}, drawn at {n_persons:,} persons",
        districts=tuple("+".join(census.districts[i] for i in g) for g in groups),
        persons=persons,
        family_households=households,
        family_persons=family,
        one_person=single,
        rural=np.minimum(rural, family),
        generations=generations,
        lon=lon.mean() + (lon - lon.mean()) * shrink,
        lat=lat.mean() + (lat - lat.mean()) * shrink,
        area_km2=np.array([census.area_km2[g].sum() for g in groups]) * shrink**2,
        employed=employed,
        industry_share=mean(census.industry_share, census.employed.astype(np.float64)),
        with_65plus=np.array([census.with_65plus[g].sum() for g in groups]) * factor,
        n_subdistricts=0,
        of_subdistricts=0,
        notes=(*census.notes, f"all counts scaled to {n_persons:,} residents"),
    )


def sampled(census: CensusArea, one_in: int, name: str, title: str) -> CensusArea:
    """Return a sample of whole subdistricts, as many of every district as its residents ask for.

    Compounds, buildings, ages and density stay as they are; the map shrinks, so that trips between
    districts keep their shares.

    Parameters
    ----------
    census
        The area to sample, its subdistricts known.
    one_in
        Subdistricts of which one is taken.
    name, title
        Identifier and readable name of the sample.
    """
    small = scaled(census, round(census.n_persons / one_in), census.n_districts)
    return replace(
        small,
        name=name,
        title=title,
        n_subdistricts=max(census.n_districts, round(census.n_subdistricts / one_in)),
        of_subdistricts=census.n_subdistricts,
        notes=(*census.notes, f"of the subdistricts and all counts, one in {one_in}"),
    )


def subdistricts_by_residents(residents: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return how many of ``count`` subdistricts each district has, one each first, (n,)."""
    wanted = np.maximum(residents / residents.sum() * count - 1, 0.0)
    return 1 + shares_to_counts(wanted, count - residents.size)


def shares_to_counts(shares: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Return whole numbers that sum to ``total``, nearest to the shares (largest remainder)."""
    exact = shares / shares.sum() * total
    counts: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    rest = total - int(counts.sum())
    order = np.argsort(-(exact - counts), kind="stable")
    counts[order[:rest]] += 1
    return counts
