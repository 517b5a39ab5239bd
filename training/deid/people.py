"""Invented people: names of many countries, words as names, made-up syllables, and the forms a note writes them in."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from training.deid.pools import Pools

_LARGE = "US GB IN MX PH CN BR FR DE ES IT PL RU TR IR IQ SA EG NG ZA KR JP TH ID MY BD PK CO PE AR SE NO DK NL BE GR PT IE IL ET GH KE VN".split()
_MOST = 3  # Faker's English locales stand first
_SUFFIXES = ("Jr.", "Sr.", "III", "II", "Jr", "IV")
_NICKNAMES = "Bob Liz Jim Peg Bud Mimi Tex Sal Buddy Red Junior Nana Kat Ozzie Skip Butch Dot Gigi Lefty Mo Ziggy Beto Chuy Paco Cookie Ghost Lucky Smoke Tiny Shorty Bear Duke Peanut Pickle Bubba Sissy Boo Ace Slim Doc Pops Mouse Bug Bean Sunny Stretch Turtle Moose Rooster Honey Tank Dutch Rabbit Cricket Pepper Sugar Blue Bones Happy Spider Fish Birdie Coco Kiki Lulu Toto Nono Bibi".split()
_HEADS = (
    "Mc",
    "Mac",
    "O'",
    "De",
    "Van ",
    "van der ",
    "Al-",
    "El ",
    "Di",
    "La",
    "Ver",
    "de la ",
    "von ",
    "bin ",
    "Abu ",
    "St. ",
    "Ngo-",
    "Le ",
)

_GIVEN = (
    "Md. {}",
    "{} Jo",
    "Mary {}",
    "{} Lou",
    "Abd al-{}",
    "Maria {}",
    "Jean-{}",
    "{} Ann",
    "Papa {}",
    "Baby {}",
    "Nur {}",
    "Thi {}",
    "{} del Carmen",
    "Sri {}",
    "{}-Rose",
    "Mc{}",
)
_PARTICLES = (
    "van ",
    "van den ",
    "van der ",
    "von ",
    "zu ",
    "de ",
    "del ",
    "della ",
    "di ",
    "da ",
    "dos ",
    "du ",
    "d'",
    "D'",
    "L'",
    "al-",
    "el-",
    "ben ",
    "bin ",
    "bat ",
    "Ó ",
    "Ní ",
    "Mac",
    "Mc",
    "O'",
    "Fitz",
    "St. ",
    "San ",
    "Le ",
    "La ",
    "Ten ",
    "Ter ",
    "af ",
    "av ",
    "ap ",
)
_NATIVE = (
    "Two Bulls",
    "Red Cloud",
    "Walks Alone",
    "Iron Shield",
    "Young Bear",
    "Running Wolf",
    "Little Sky",
    "Yellow Horse",
    "Many Goats",
    "Begay",
    "Tsosie",
    "Cornstalk",
    "Good Voice",
    "Black Crow",
    "White Eagle",
    "Spotted Elk",
)


def coin(random: Random) -> str:
    """A word that is in no list."""
    syllables = (
        random.choice("bcdfghjklmnprstvwzy")
        + random.choice(("a", "e", "i", "o", "u", "ai", "ou", "ie", "ee", "y"))
        + (random.choice("nrlsmtkxdz") if random.random() < 0.4 else "")
        for _ in range(random.randint(1, 3))
    )
    return "".join(syllables).capitalize()


def skewed(random: Random, names: list[str], power: float = 1.6) -> str:
    """An entry, sooner one from the front."""
    return names[int(len(names) * random.random() ** power)]


class Names:
    """Draws first and last names."""

    def __init__(self, random: Random, pools: Pools, word_firsts: list[str], word_lasts: list[str]) -> None:
        self._random, self._pools = random, pools
        self._words = {"firsts": word_firsts, "lasts": word_lasts}
        both = sorted(c for c in pools["firsts"] if c in pools["lasts"])
        self._countries, self._large = both, [c for c in _LARGE if c in both]

    def first(self) -> str:
        """A first name of anywhere."""
        random, name = self._random, self._draw("firsts", 0.1)
        chance = random.random()
        if chance < 0.025:
            return name + "-" + self._draw("firsts", 0.02)
        return random.choice(_GIVEN).format(name) if chance < 0.04 else name

    def last(self) -> str:
        """A last name of anywhere, now and then a double one."""
        random, name = self._random, self._draw("lasts", 0.15)
        chance = random.random()
        if chance < 0.06:
            return name + "-" + self._draw("lasts", 0.05)
        if chance < 0.085:
            return name + " " + self._draw("lasts", 0.05)
        if chance < 0.105:
            return f"{name} {random.choice(('de', 'y', 'e', 'dos', 'da', 'vda. de', 'i', 'Ibn', 'bint', 'al'))} {self._draw('lasts', 0.02)}"
        return random.choice(_PARTICLES) + name if chance < 0.13 else random.choice(_NATIVE) if chance < 0.135 else name

    def _draw(self, kind: str, words: float) -> str:
        random, pools = self._random, self._pools
        chance = random.random()
        if chance < words:
            return random.choice(self._words[kind])
        if chance < words + 0.07:
            name = coin(random)
            return random.choice(_HEADS) + name if kind == "lasts" and random.random() < 0.3 else name
        if chance < 0.45:
            return str(random.choice(random.choice(pools["faker_" + kind][:_MOST])))
        if chance < 0.62:
            return str(random.choice(random.choice([p for p in pools["faker_" + kind] if p])))
        country = "US" if random.random() < 0.4 else random.choice(self._large if random.random() < 0.7 else self._countries)
        name = skewed(random, pools[kind][country])
        return self._changed(name) if random.random() < 0.1 else name

    def _changed(self, name: str) -> str:
        """The name with a letter changed or doubled, so that no list holds it."""
        random, at = self._random, self._random.randrange(1, max(2, len(name)))
        return name[:at] + random.choice("aeioukznrwyzhl") + name[at + random.randint(0, 1) :]


@dataclass
class Person:
    """Somebody in a note; written in one case throughout it, as a hasty writer does."""

    first: str
    last: str
    middle: str
    second: str
    suffix: str
    nick: str
    case: str
    random: Random

    @classmethod
    def invent(cls, names: Names, random: Random) -> Person:
        """Anybody."""
        case = random.choices(("as is", "upper", "lower"), (80, 11, 9))[0]
        suffix = random.choice(_SUFFIXES) if random.random() < 0.06 else ""
        nick = random.choice(_NICKNAMES) if random.random() < 0.08 else ""
        second = names.first() if random.random() < 0.3 else ""
        return cls(names.first(), names.last(), random.choice("ABCDEFGHJKLMNPRSTVW"), second, suffix, nick, case, random)

    def written(self, text: str) -> str:
        """The text in this person's case."""
        return text.upper() if self.case == "upper" else text.lower() if self.case == "lower" else text

    def full(self) -> str:
        """`Jane Mai`, `Jane Q. Mai`, `Jane "Peg" Mai`, `Jane Mai, Jr.`"""
        random, between = self.random, ""
        chance = random.random()
        if chance < 0.13:
            between = self.middle + random.choice((".", ".", ""))
        elif chance < 0.19:
            between = self.second or self.middle
        elif self.nick and chance < 0.5:
            between = random.choice(('"{}"', "({})", "'{}'")).format(self.nick)
        text = " ".join(p for p in (self.first, between, self.last) if p)
        if self.suffix and random.random() < 0.6:
            text += random.choice((", ", " ")) + self.suffix
        return self.written(text)

    def reversed(self) -> str:
        """`Mai, Jane`, `MAI,JANE Q`, `Mai Jane`"""
        random = self.random
        text = self.last + random.choice((", ", ", ", ", ", ",", " ")) + self.first
        if random.random() < 0.4:
            text += " " + random.choice((self.middle, self.middle + ".", self.second or self.middle))
        return self.written(text.upper() if random.random() < 0.3 else text)

    def with_initial(self) -> str:
        """`Jane M.`"""
        return self.written(f"{self.first} {self.last[0].upper()}" + self.random.choice((".", ".", "")))

    def initial_last(self) -> str:
        """`J. Mai`"""
        return self.written(self.first[0].upper() + self.random.choice((". ", ".", " ")) + self.last)

    def initials(self) -> str:
        """`J.M.`, `JM`"""
        a, b, m = self.first[0], self.last[0], self.middle
        return self.random.choice((f"{a}.{b}.", f"{a}{b}", f"{a}. {b}.", f"{a}.{m}.{b}.", f"{a}{m}{b}", f"{a}-{b}")).upper()
