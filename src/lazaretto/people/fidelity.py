"""How faithful a population is: each margin against its table, contacts against Mistry."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lazaretto.people import assumptions as a
from lazaretto.people.attendance import attendance
from lazaretto.people.census import CensusArea
from lazaretto.people.home_contacts import adjusted_demography, cosine, household_contacts
from lazaretto.people.households import households_by_size
from lazaretto.people.making import count_households
from lazaretto.people.population import BAND_MASK, COLLECTIVE, ESSENTIAL, HEAD, Population
from lazaretto.people.villages import residents_of_villages, village_compounds

FIRST_65_BAND = 13


@dataclass(frozen=True, eq=False)
class Margin:
    """One margin of the population beside the same of the census or another source.

    Parameters
    ----------
    name, unit
        What is compared.
    source
        Where the expected values are from.
    labels
        Names of the entries.
    made, expected
        Values of the population and of the source, any shape.
    exact
        Whether they must be equal to the unit.
    """

    name: str
    unit: str
    source: str
    labels: tuple[str, ...]
    made: NDArray[np.float64]
    expected: NDArray[np.float64]
    exact: bool

    @property
    def worst(self) -> float:
        """Largest absolute difference over the largest expected value."""
        return float(np.abs(self.made - self.expected).max() / max(self.expected.max(), 1e-12))


@dataclass(frozen=True, eq=False)
class Fidelity:
    """A population beside its census.

    Parameters
    ----------
    name, n_persons
        The population.
    margins
        Every margin that has a table.
    household_contacts
        (18, 18) frequency of household contacts implied by the family households.
    mistry_contacts
        (18, 18) the published matrix of the location.
    mistry_adjusted
        (18, 18) the same with its demography replaced by that of the census.
    cosine, cosine_adjusted, cosine_all
        Cosine similarity of the implied matrix with the two, and of the matrix that includes
        collective households with the published one.
    means
        Mean sizes of places and other single numbers, by name.
    """

    name: str
    n_persons: int
    margins: tuple[Margin, ...]
    household_contacts: NDArray[np.float64]
    mistry_contacts: NDArray[np.float64]
    mistry_adjusted: NDArray[np.float64]
    cosine: float
    cosine_adjusted: float
    cosine_all: float
    means: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.n_persons:,} persons", ""]
        for m in self.margins:
            state = "exact" if (m.made == m.expected).all() else f"within {m.worst:.2%}"
            lines.append(f"{m.name:<44} {m.made.sum():>16,.0f} {m.unit:<12} {state}")
        lines.append("")
        lines.append(f"{'household contacts, cosine with Mistry 2021':<44} {self.cosine:>16.3f}")
        lines.append(f"{'  with demography adjusted':<44} {self.cosine_adjusted:>16.3f}")
        lines.append(f"{'  collective households included':<44} {self.cosine_all:>16.3f}")
        lines.append("")
        lines += [f"{name:<44} {value:>16,.2f}" for name, value in self.means.items()]
        return "\n".join(lines)


def fidelity(population: Population, census: CensusArea) -> Fidelity:
    """Compare a population with the census it was made from.

    The household matrix is that of family households (as in the microdata behind Mistry's);
    nothing in it is fitted to Mistry's matrix beyond the assumed figures listed in `assumptions`.

    Parameters
    ----------
    population
        The population.
    census
        Its census, as from `read_area` or `scaled`.
    """
    starts = population.district_start
    pairs, persons = count_households(population.attributes, starts, family_only=True)
    implied = household_contacts(pairs, persons)
    all_pairs = population.household_pairs, population.household_persons
    mistry = census.household_contacts
    adjusted = adjusted_demography(mistry, persons.sum(axis=0))
    return Fidelity(
        name=population.title,
        n_persons=population.n_persons,
        margins=(*_people(population, census), *_daytime(population, census)),
        household_contacts=implied,
        mistry_contacts=mistry,
        mistry_adjusted=adjusted,
        cosine=cosine(implied, mistry),
        cosine_adjusted=cosine(implied, adjusted),
        cosine_all=cosine(household_contacts(*all_pairs), mistry),
        means=_means(population, persons, village_compounds(population, census)),
    )


def _margin(
    name: str, unit: str, source: str, labels: tuple[str, ...], made: object, expected: object,
    *, exact: bool = False,
) -> Margin:  # fmt: skip
    m, e = np.asarray(made, np.float64), np.asarray(expected, np.float64)
    return Margin(name, unit, source, labels, m, e, exact)


def _people(population: Population, census: CensusArea) -> list[Margin]:
    n = census.n_districts
    rural = residents_of_villages(population, census)
    sizes = np.zeros((n, 10), np.int64)
    wanted = np.zeros((n, 10), np.int64)
    for d in range(n):
        part = population.district_start[d : d + 2]
        _, persons = count_households(population.attributes, part, family_only=True)
        sizes[d] = persons.sum(axis=1)[1:11] // np.arange(1, 11)
        wanted[d] = households_by_size(
            int(census.family_households[d]), int(census.family_persons[d]),
            int(census.one_person[d]), census.size_share,
        )  # fmt: skip
    members = sizes @ np.arange(1, 11)
    heads = np.flatnonzero(population.attributes & HEAD)
    old = np.add.reduceat((population.attributes & BAND_MASK) >= FIRST_65_BAND, heads)
    family = (population.attributes[heads] & COLLECTIVE) == 0
    first = np.searchsorted(heads, population.district_start[:-1])
    with_65plus = np.add.reduceat((old > 0) & family, first)
    known = np.isfinite(census.with_65plus)
    table, names = "census 2020", population.districts
    by_size = tuple(str(s) for s in range(1, 11))
    shape = "household_size_distribution.csv, tilted to each district's mean"
    return [
        _margin("persons by district and age", "persons", table, names,
                population.persons_by_age(), census.persons, exact=True),
        _margin("family households", "households", table, names,
                sizes.sum(axis=1), census.family_households, exact=True),
        _margin("residents of family households", "persons", table, names,
                members, census.family_persons, exact=True),
        _margin("one-person households", "households", table, names,
                sizes[:, 0], census.one_person, exact=True),
        _margin("family households by size", "households", shape, by_size,
                sizes.sum(axis=0), wanted.sum(axis=0), exact=True),
        _margin("residents of collective households", "persons", table, names,
                np.diff(population.district_start) - members,
                census.persons.sum(axis=1) - census.family_persons, exact=True),
        *([_margin("residents of villages", "persons", table, names, rural, census.rural)]
          if census.rural.any() else []),
        *([_margin("households with persons of 65 and over", "households", table,
                   tuple(np.array(names)[known].tolist()), with_65plus[known],
                   census.with_65plus[known])] if known.any() else []),
    ]  # fmt: skip


def _daytime(population: Population, census: CensusArea) -> list[Margin]:
    bands = population.attributes & BAND_MASK
    in_school = (population.group >= 0) & (population.group < population.n_schools)
    at_work = population.group >= population.n_schools
    chance = attendance(census)
    school = np.einsum("db,dbk->b", census.persons, chance[:, :, :5])
    work = np.einsum("db,dbk->b", census.persons, chance[:, :, 5:])
    staff = bands >= 5
    employed = np.add.reduceat(at_work | (in_school & staff), population.district_start[:-1])
    labels = tuple(f"band {b}" for b in range(18))
    return [
        _margin("at school by age (staff included)", "persons", "Mistry 2021 school row sums",
                labels, np.bincount(bands[in_school], minlength=18), school),
        _margin("at work by age", "persons", "Mistry 2021 work row sums, odds to census",
                labels, np.bincount(bands[at_work], minlength=18), work),
        _margin("employed residents", "persons", "census 2020 long form times 10",
                population.districts, employed, census.employed),
    ]  # fmt: skip


def _means(
    population: Population, family: NDArray[np.int64], village: NDArray[np.bool_]
) -> dict[str, float]:
    n = population.n_persons
    sizes = np.diff(population.group_start)
    schools, work = sizes[: population.n_schools], sizes[population.n_schools :]
    households = population.n_households
    family_households = float((family.sum(axis=1)[1:] / np.arange(1, family.shape[0])).sum())
    essential = int(np.count_nonzero(population.attributes & ESSENTIAL))
    heads = population.attributes[(population.attributes & HEAD) > 0] & BAND_MASK
    compounds = np.diff(population.compound_start)
    in_villages = int(compounds[village].sum())
    n_villages = int(np.count_nonzero(village))
    lanes = int(np.count_nonzero(village[population.building_compound]))
    country = {
        "share of residents in villages": in_villages / n,
        "villages (compounds in the country)": float(n_villages),
        "persons per village": in_villages / max(n_villages, 1),
        "persons per lane (buildings in villages)": in_villages / max(lanes, 1),
        "persons per compound in towns": (n - in_villages) / max(compounds.size - n_villages, 1),
        "persons per building in towns": (n - in_villages) / max(population.n_buildings - lanes, 1),
    }
    return {
        "bytes per person": population.nbytes / n,
        "households and rooms": households,
        "persons per family household": float(family.sum()) / max(family_households, 1.0),
        "buildings": population.n_buildings,
        "persons per building": n / population.n_buildings,
        "compounds": population.n_compounds,
        "persons per compound": n / population.n_compounds,
        "persons per compound, median": float(np.median(compounds)),
        "persons per compound, largest": float(compounds.max()),
        **(country if n_villages else {}),
        "subdistricts": population.n_subdistricts,
        "persons per subdistrict": n / population.n_subdistricts,
        "schools": population.n_schools,
        "persons per school": float(schools.mean()) if schools.size else 0.0,
        "workplaces": population.n_workplaces,
        "persons per workplace": float(work.mean()) if work.size else 0.0,
        "persons per workplace, largest": float(work.max()) if work.size else 0.0,
        "essential workers on duty, share of residents": essential / n,
        "youngest first member, age band": float(heads.min()),
        "figures assumed": float(sum(f.status == "assumed" for f in a.FIGURES.values())),
    }
