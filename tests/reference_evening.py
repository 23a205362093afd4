"""For the reference engine: samples of an evening, the work of laboratories, and releases."""

from __future__ import annotations

from plain_chance import second_plain
from reference_town import ALWAYS, chance, high31, low31, pick
from reference_transfers import Transfers
from reference_world import AT_HOME, AT_LARGE, CASE, COMPANION, Case, Sample
from scipy import stats

from lazaretto.chance import Purpose, draw_plain
from lazaretto.measures.rules import RoundRule, SymptomRule, Test
from lazaretto.words import SAMPLED_FOR

TRIES = 1_000
"""Residents drawn for each person who is to become positive by error, at most."""

ISOLATION_BATCH = 128
"""Number of the first batch of tubes from isolation; lower ones are visits and rounds."""

ERROR_STREAM = 128
"""Streams of errors lie so far after those of visitors with another illness."""


class Evening(Transfers):
    """Who is sampled, what the laboratories read, and who is released."""

    def samples_are_taken(self, day: int) -> None:
        """Sample the symptomatic, the isolated and the rounds, in this order; laboratories work."""
        rules = self.orders.rules
        n_visits = len(rules.symptoms)
        came = [[0] * self.town.n_districts for _ in rules.symptoms]
        positive: list[list[int]] = [[] for _ in [*rules.symptoms, *rules.rounds]]
        for case in self.cases:
            if self.is_looked_for(case):
                self.visits_clinics(case, day, came, positive[:n_visits])
                self.comes_to_rounds(case, day, positive)
        for number, (where, rule) in enumerate(rules.symptoms):
            self.clinics(day, number, where, rule, came[number], positive[number])
        self.test_isolated(day)
        for i, rule in enumerate(rules.rounds):
            self.round(day, n_visits + i, rule, positive[n_visits + i])
        self.laboratories_work(day)

    def is_looked_for(self, case: Case) -> bool:
        """Return whether a case can be sampled outside isolation: who is known is not.

        Only the last infection of a person can be found.
        """
        person = case.person
        if person in self.known or self.last_case[person] is not case:
            return False
        return self.where_is(person) in (AT_LARGE, AT_HOME)

    def is_detected(self, test: Test, since: int, value: int) -> bool:
        """Return whether a sample of an infected person is read as positive."""
        if since >= min(test.positive.size, self.settings.courses.pcr.size):
            return False
        return value < chance(test.positive[since])

    def visits_clinics(
        self, case: Case, day: int, came: list[list[int]], positive: list[list[int]]
    ) -> None:
        """Let an infected person with symptoms go to be tested."""
        if case.onset is None or day - case.day < case.onset:
            return
        since, district = day - case.day, self.town.district_number(case.person)
        for number, (where, rule) in enumerate(self.orders.rules.symptoms):
            ill = since - case.onset
            if not where[district] or ill >= rule.seek.size:
                continue
            bits = self.lot(Purpose.SYMPTOM_TEST, day, case.person, number)
            if low31(bits) < chance(rule.seek[ill]):
                came[number][district] += 1
                if self.is_detected(rule.test, since, high31(bits)):
                    positive[number].append(case.person)

    def comes_to_rounds(self, case: Case, day: int, positive: list[list[int]]) -> None:
        """Sample an infected person in the rounds of today; who stays away always does."""
        rules = self.orders.rules
        compound = self.town.compound_number(case.person)
        trait = low31(self.lot(Purpose.PARTICIPATION, 0, case.person))
        for number, rule in enumerate(rules.rounds):
            if not rule.compounds[compound] or trait >= chance(rule.participation):
                continue
            value = low31(self.lot(Purpose.SCREENING, day, case.person, number))
            if self.is_detected(rule.test, day - case.day, value):
                positive[len(rules.symptoms) + number].append(case.person)

    # -- clinics and rounds --------------------------------------------------------------------

    def clinics(
        self, day: int, number: int, where, rule: SymptomRule, came: list[int], ill: list[int]
    ) -> None:
        """Test who came, infected or with another illness, as far as clinics can see them."""
        town = self.town
        residents = [len(town.district(d)) if where[d] else 0 for d in range(town.n_districts)]
        others = self.binomial(day, number, residents, rule.background)
        wanted = [infected + rest for infected, rest in zip(came, others, strict=True)]
        share = 1.0
        if rule.clinics is not None:
            stock = self.orders.stock(rule.clinics)
            share = min(1.0, self.free(stock) / max(sum(wanted), 1))
        seen_ill = [
            person
            for person in ill
            if self.place_in_batch(Purpose.SYMPTOM_TEST, day, person, number) < chance(share)
        ]
        self.met.turned_away += len(ill) - len(seen_ill)
        seen = [int(n * share) for n in wanted]
        others = [int(n * share) for n in others]
        if rule.clinics is not None:
            self.used[stock] += sum(seen)
            self.waiting[stock] += sum(wanted) - sum(seen)
        self.counts.samples[day, :, SAMPLED_FOR.index("symptoms")] += seen
        compounds = [True] * len(town.compounds)
        errors = self.errors(day, number, rule.test, others, compounds, ALWAYS)
        self.send(day, rule.test, sum(seen), seen_ill, errors, number)

    def round(self, day: int, number: int, rule: RoundRule, infected: list[int]) -> None:
        """Sample the compounds that are due; a positive pool is tested again one by one."""
        town, test = self.town, rule.test
        due = [0] * town.n_districts
        for compound, district in enumerate(town.compound_district):
            if rule.compounds[compound]:
                due[district] += len(town.compounds.residents(compound))
        came = [round(n * rule.participation) for n in due]
        reason = "antigen screening" if test.antigen else "screening"
        self.counts.samples[day, :, SAMPLED_FOR.index(reason)] += came
        comes = chance(rule.participation)
        errors = self.errors(day, number, test, came, rule.compounds.tolist(), comes)
        tubes = sum(-(-n // test.pool) for n in came)
        self.send(day, test, tubes, infected, errors, number)
        if test.labs is not None and test.pool > 1:
            again = test.pool * (len(infected) + len(errors))
            self.tubes_arrived[self.orders.stock(test.labs)] += again

    def binomial(self, day: int, number: int, n: list[int], p: float) -> list[int]:
        """Return binomial numbers by district, each from one number of its own."""
        if p <= 0:
            return [0] * len(n)
        key = self.key(Purpose.FALSE_POSITIVE, day * 256 + number)
        drawn = []
        for district, persons in enumerate(n):
            u = ((draw_plain(key, district, 511) >> 11) + 0.5) * 2.0**-53
            drawn.append(int(stats.binom.ppf(u, persons, p)) if persons else 0)
        return drawn

    def errors(
        self, day: int, number: int, test: Test, sampled: list[int], compounds: list, comes: int
    ) -> list[int]:
        """Choose persons at large, not infected, who become positive by error."""
        chosen: list[int] = []
        if test.false_positive <= 0:
            return chosen
        stream = ERROR_STREAM + number
        wanted = self.binomial(day, stream, sampled, test.false_positive)
        for district, n in enumerate(wanted):
            found = 0
            for attempt in range(TRIES * n):
                if found == n:
                    break
                entity = (district << 40) | attempt
                bits = self.lot(Purpose.FALSE_POSITIVE, day * 256 + stream, entity)
                residents = self.town.district(district)
                person = residents[pick(bits, len(residents))]
                if person in chosen:
                    continue
                if self.can_be_wrong(person, day, test, compounds, comes):
                    chosen.append(person)
                    found += 1
        return chosen

    def can_be_wrong(self, person: int, day: int, test: Test, compounds: list, comes: int) -> bool:
        """Return whether a person comes to be sampled and is not infected."""
        case = self.last_case.get(person)
        if case is not None and day - case.day < test.positive.size:
            return False
        if self.where_is(person) != AT_LARGE:
            return False
        if not compounds[self.town.compound_number(person)]:
            return False
        return low31(self.lot(Purpose.PARTICIPATION, 0, person)) < comes

    # -- the isolated --------------------------------------------------------------------------

    def test_isolated(self, day: int) -> None:
        """Test the isolated and release who may go.

        Who is not a case is tested every so many days; when the least number of days is over,
        everybody is, daily, until there are enough negative tests in a row or it has been too
        long. Without a rule in force nobody is kept. Companions are tested as their child is, and
        leave with the last one.
        """
        rules = self.hold_rules()
        every = [rule for kind in rules for _, rule in kind]
        tested = [0] * len(every)
        positive: list[list[int]] = [[] for _ in every]
        adults = [person for person, stay in self.isolated.items() if stay.reason == COMPANION]
        child = {adult: self.child_with(adult) for adult in adults}
        as_child = {a: self.isolated[c] for a, c in child.items() if c is not None}
        for person, stay in sorted(self.isolated.items()):
            district = self.town.district_number(person)
            accompanies = stay.reason == COMPANION
            rule = self.rule_in(rules[self.kind_of(as_child.get(person, stay))], district)
            if accompanies and person not in as_child:
                rule = None
            stayed = day - stay.since
            if rule is None or (stayed + 1 >= rule.longest_days and not accompanies):
                self.met.released_late += rule is not None
                self.release(person, day)
                continue
            leaving = stayed + 1 >= rule.least_days and not accompanies
            if leaving and rule.negatives == 0:
                self.release(person, day)
                continue
            regular = rule.test_every > 0 and stayed % rule.test_every == 0
            if not leaving and (stay.reason == CASE or not regular):
                continue
            number = next(i for i, other in enumerate(every) if other is rule)
            reason = "isolation" if stay.reason == CASE else "contact"
            self.counts.samples[day, district, SAMPLED_FOR.index(reason)] += 1
            tested[number] += 1
            case = self.last_case.get(person)
            value = low31(self.lot(Purpose.ISOLATION, day, person))
            if case is not None and self.is_detected(rule.test, day - case.day, value):
                self.met.kept_by_positive_tests += leaving
                stay.negatives = 0
                if stay.reason != CASE:
                    positive[number].append(person)
            elif leaving:
                stay.negatives += 1
                if stay.negatives >= rule.negatives:
                    self.met.released_by_tests += 1
                    self.release(person, day)
        for adult in sorted(as_child):
            if self.child_with(adult) is None:
                self.met.left_with_child += 1
                self.release(adult, day)
        for number, rule in enumerate(every):
            batch = ISOLATION_BATCH + number
            self.send(day, rule.test, tested[number], positive[number], [], batch)

    def release(self, person: int, day: int) -> None:
        """Release a person from isolation."""
        del self.isolated[person]
        self.move(person, AT_LARGE)
        self.counts.released[day, self.town.district_number(person)] += 1

    # -- laboratories --------------------------------------------------------------------------

    def place_in_batch(self, purpose: int, day: int, person: int, number: int) -> int:
        """Return a 31-bit lot of a person in a batch."""
        return high31(second_plain(self.lot(purpose, day, person, number)))

    def send(
        self, day: int, test: Test, tubes: int, infected: list[int], errors: list[int], batch: int
    ) -> None:
        """Send tubes to a laboratory; a positive one lies anywhere among those of its batch."""
        lab = None if test.labs is None else self.orders.stock(test.labs)
        tubes = max(tubes, 1 if infected or errors else 0)
        for number, person in enumerate([*infected, *errors]):
            takes = test.turnaround
            if test.review_spread:
                lot = self.place_in_batch(Purpose.REVIEW, day, person, batch)
                takes += lot * (test.review_spread + 1) >> 31
                self.met.slow_reviews += takes > test.turnaround
            sample = Sample(person, day, number >= len(infected), takes, lab)
            sample.where = self.found_where(person)
            if lab is None:
                sample.due = day + takes
            else:
                lot = self.place_in_batch(Purpose.LABORATORY, day, person, batch)
                sample.position = self.tubes_arrived[lab] + (lot * tubes >> 31)
            self.samples.append(sample)
        if lab is not None:
            self.tubes_arrived[lab] += tubes

    def laboratories_work(self, day: int) -> None:
        """Read as many tubes as each laboratory can, first come first served."""
        for lab, stock in enumerate(self.settings.stocks):
            if stock.unit != "tubes/day":
                continue
            before, most = self.tubes_read[lab], int(self.orders.amount[lab])
            self.tubes_read[lab] = min(self.tubes_arrived[lab], before + most)
            self.used[lab] += self.tubes_read[lab] - before
            self.waiting[lab] += self.tubes_arrived[lab] - self.tubes_read[lab]
            for sample in self.samples:
                if sample.lab == lab and sample.due is None:
                    if sample.position < self.tubes_read[lab]:
                        sample.due = day + sample.turnaround
                    else:
                        self.met.waited_in_labs += sample.taken == day
