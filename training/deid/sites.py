"""Invented cities, streets, hospitals and firms."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from training.deid import values
from training.deid.people import Names, coin
from training.deid.pools import Pools


class Sites:
    """Draws places of every size."""

    def __init__(self, random: Random, pools: Pools, names: Names, words: dict[str, list[str]], common: list[str]) -> None:
        self.random, self.pools, self.names, self.words = random, pools, names, words
        self._common = common

    def case(self, text: str, often: float = 0.07) -> str:
        """The text, now and then in capitals or in lower case."""
        chance = self.random.random()
        if often > 0.1:
            return text.capitalize() if chance < often else text
        return text.upper() if chance < often else text.lower() if chance < 2 * often else text

    def city(self) -> str:
        """A city of anywhere, or one that is nowhere."""
        r, choice, pools = self.random, self.random.choice, self.pools
        chance = r.random()
        if chance < 0.4:
            return str(choice(pools["us_cities"]))
        if chance < 0.52:
            return choice(self.words["smallcity"])
        if chance < 0.75:
            return str(choice(pools["cities"]))
        if chance < 0.88:
            return str(choice(pools["faker_cities"]))
        ends = (
            "ville",
            "ton",
            "burg",
            " Falls",
            " Springs",
            "field",
            " Heights",
            " Creek",
            "furt",
            "bury",
            "mouth",
            "stad",
            "haven",
            "pur",
            "abad",
        )
        return (
            coin(r) + choice(ends)
            if r.random() < 0.5
            else choice(("Lake ", "Port ", "Mount ", "Fort ", "New ", "East ", "North ", "Saint ")) + self.names.last()
        )

    def street(self) -> str:
        """A street with or without number, a post box, a corner."""
        r, choice = self.random, self.random.choice
        chance = r.random()
        if chance < 0.34:
            text = str(choice(self.pools["streets"]))
        elif chance < 0.42:
            text = choice(
                (
                    f"P.O. Box {r.randint(1, 9999)}",
                    f"PO Box {r.randint(10, 99999)}",
                    f"RR {r.randint(1, 9)} Box {r.randint(1, 400)}",
                    f"{r.randint(100, 30000)} County Road {r.randint(1, 900)}",
                    f"PSC {r.randint(1000, 9999)}, Box {r.randint(10, 9999)}",
                    f"Unit {r.randint(1000, 9999)} Box {r.randint(10, 9999)}",
                    f"{r.randint(1, 999)} P.O. Box {r.randint(1, 999)}",
                    f"Flat {r.randint(1, 40)}, {r.randint(1, 200)} {coin(r)} Road",
                    f"corner of {coin(r)} and {self.names.last()}",
                    f"{choice(self.words['street_names'])} & {self.names.last()}",
                )
            )
        else:
            base = (
                choice(self.words["street_names"])
                if chance < 0.6
                else self.names.last()
                if chance < 0.85
                else choice(self._common).capitalize()
            )
            number = (
                f"{r.randint(1, 9999)} " if r.random() < 0.87 else f"{r.randint(1, 99)}-{r.randint(1, 99)} " if r.random() < 0.4 else ""
            )
            nouns = self.words["street_nouns"] if r.random() < 0.8 else self.words["street_nouns_abroad"]
            text = f"{number}{choice(('', '', '', 'N ', 'S. ', 'West ', 'East '))}{base} {choice(nouns)}{choice(('', '', '.'))}"
        if r.random() < 0.2:
            text += choice(
                (" Apt ", " apt. ", ", Apt ", " #", ", Unit ", " Suite ", ", Ste. ", " Rm ", ", Flat ", "\n Apt. ", "\n Suite ")
            ) + choice((str(r.randint(1, 999)), f"{r.randint(1, 40)}{choice('ABCD')}", choice("ABCD")))
        return self.case(text, 0.06)

    def facility(self) -> str:
        """A hospital, clinic, pharmacy or home."""
        r, choice, words = self.random, self.random.choice, self.words
        makers: tuple[Callable[[], str], ...] = (
            lambda: choice(("St. ", "Saint ", "St ", "Our Lady of ")) + choice(words["saints"]) + choice(("'s", "'s", "")), lambda: choice(words["facility_heads"]), self.city, self.names.last,
            lambda: choice(words["colours"]) + choice((" ", "", " ")) + choice(words["lands"]), lambda: values.capitals(r, r.randint(2, 4)), lambda: coin(r),
        )  # fmt: skip
        base = r.choices(makers, (12, 23, 17, 13, 15, 9, 11))[0]()
        chance = r.random()
        text = base + " " + choice(words["facility_nouns"]) if chance < 0.8 else base
        if 0.8 <= chance < 0.9:
            text = (
                choice(("University of ", "Hospital of ", "Clinic of ", "Medical Center at ", "Children's Hospital of ", "Royal ")) + base
            )
        if chance > 0.9 or (0.5 < chance < 0.62):
            text = self._speciality(base)
        if 0.3 < chance < 0.36:
            text += choice(
                (
                    f", {self.city()} location",
                    f" - {self.city()}",
                    f" {self.city()}",
                    " drive-thru site",
                    " satellite",
                    f" ({self.city()})",
                    " Annex",
                    " West",
                    " at " + self.names.last(),
                )
            )
        return self.case(text)

    def _speciality(self, base: str) -> str:
        """`Conway Vascular`, `Summit & Stride Physical Therapy`, `Skin Institute Dover`, `Szpital Powiatowy`."""
        choice, words = self.random.choice, self.words
        word = lambda: choice(self._common).capitalize()  # noqa: E731
        return choice((
            f"{base} {choice(words['specialities'])}", f"{word()} & {word()} {choice(words['specialities'])}", f"{choice(words['specialities'])} {choice(('Institute', 'Center', 'Clinic', 'Associates', 'Group'))} {self.city()}",
            f"{choice(words['hospitals_abroad'])} {choice((self.city(), self.names.last(), choice(words['saints'])))}", f"{self.city()} {choice(words['tails_abroad'])}", f"{choice(('The Old ', 'The ', 'Old '))}{word()} {choice(('Surgery', 'Practice', 'Clinic', 'Pharmacy', 'Lodge', 'House'))}",
            f"{choice(('Two', 'Three', 'Four', 'Seven', 'Little', 'Big', 'Twin'))} {choice(('Rivers', 'Winds', 'Forks', 'Oaks', 'Pines', 'Lakes', 'Peaks', 'River', 'Creek'))} {choice((*words['specialities'], 'Lodge', 'Clinic', 'Hospital', 'Manor'))}",
            f"St. {choice('VJMAFLB')}'s", f"{base[:4].strip()} Gen", f"{word()} {word()} {choice(words['facility_nouns'])}", f"{choice(words['saints'])} {choice(words['lands'])} {choice(('SNF', 'ALF', 'LTC', 'Manor'))}",
        ))  # fmt: skip

    def firm(self) -> str:
        """An employer."""
        r, choice, words = self.random, self.random.choice, self.words
        makers: tuple[Callable[[], str], ...] = (
            lambda: str(choice(self.pools["firms"])),
            lambda: f"{self.names.last()} {choice(words['firm_nouns'])}",
            lambda: (
                f"{choice((self.city, lambda: choice(words['facility_heads']), lambda: coin(r), self._land, self._word))()} {choice(words['firm_nouns'])}"
            ),
            lambda: choice(words["chains"]),
        )
        return r.choices(makers, (32, 20, 34, 14))[0]()

    def _land(self) -> str:
        return str(self.random.choice(self.words["colours"]) + " " + self.random.choice(self.words["lands"]).capitalize())

    def _word(self) -> str:
        return str(self.random.choice(self._common).capitalize())

    def place(self) -> str:
        """A school, a park, a jail."""
        choice, words = self.random.choice, self.words
        return choice(
            (lambda: f"{self.city()} {choice(words['place_nouns'])}", lambda: f"{self.names.last()} {choice(words['area_nouns'])}")
        )()
