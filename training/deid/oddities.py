"""Slots of the harder kinds of writing: spoken values, initials, landmarks, machine fields, foreign papers, dated series."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from training.deid import codes, series, spoken, values
from training.deid.grammar import Fragments
from training.deid.people import Person
from training.deid.texts import sections

if TYPE_CHECKING:
    from training.deid.slots import Slots

Makers = dict[str, Callable[[], Fragments]]
_INNS = "Red Fox;Black Bull;White Hart;Rose and Crown;Blue Anchor;Three Bells;Old Oak;Golden Fleece;Green Dragon;Swan;Plough;Railway;Ship;King's Arms;Dew Drop;Coach House".split(
    ";"
)
_MARKS = (
    "the {inn}", "the {inn}", "{inn} Inn", "{inn} pub", "St {last}'s church", "{last} Baptist", "{city} Mill", "old {last} place", "{last}'s farm", "{last} Feed & Seed",
    "the {last} silo", "Lake {last} boat ramp", "{city} depot", "the {city} Arms", "{last} Tabernacle", "{last} bridge", "{city} water tower", "{last} Lumber", "Gate {n}", "{city} market", "{shop} in {city}", "{shop} at {ord} & {last}", "{shop} lot, {last} Ave", "the {shop} on {last}", "{last} cemetery", "{last} Baptist cemetery", "the water tower",
    "{last} viaduct, north side", "behind the {shop}", "{last} truck stop", "mile {n} {last} Trail", "{city} fairgrounds", "{last} Landing", "tent behind {shop}", "sign of the {shop}",
)  # fmt: skip
_CROSS = (
    "{a} & {b}",
    "{a} and {b}",
    "{a}/{b}",
    "{a} @ {b}",
    "{a} at {b}",
    "{a} x {b}",
    "{a} near {b}",
    "Hwy {n} and {a}",
    "{a} & Rte {n}",
    "I-{n} exit {m}",
    "US {n} at {a}",
    "{ord} & {a}",
    "{ord} and {ord2}",
    "I-{n} WB MM {m}.{n}",
    "I-{n} NB mile {m}",
    "SR-{n} at {b} off-ramp",
    "{a} and {ord}",
    "{a} exit off {b}",
    "Rte {n} past {b}",
    "{m} blk of {a}",
    "{a} Bridge",
    "corner of {a} and {b}",
)
_SHOPS = "Chevron;Shell;Exxon;Citgo;Wawa;Sheetz;Casey's;7-Eleven;Dollar Tree;Family Dollar;Flying K;Pilot;Love's;Texaco;Sunoco;Stop & Go;Piggly Wiggly;Aldi;Tesco;Spar;Co-op;Lidl;Oxxo".split(
    ";"
)


_SPELLING = "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu".split()
_COUNTED = "One Two Three Four Five Six Seven Eight Nine Ten".split()
_ALIASES = (
    "Trauma {a} {n}",
    "TRAUMA, {a}",
    "Doe, {a}",
    "Unknown {a}",
    "Jane Doe {w}",
    "John Doe",
    "DOE, JOHN {w}",
    "{a} Trauma",
    "Unidentified {a} {n}",
    "Baby {a}",
    "Disaster {a}-{w}",
    "XX{a}, {n}",
)


def makers(slots: Slots) -> Makers:
    """All slots of this module."""
    return _people(slots) | _codes(slots) | _places(slots) | _days(slots) | _lines(slots)


def _people(slots: Slots) -> Makers:
    r, choice = slots.random, slots.random.choice

    def initials() -> str:
        p = Person.invent(slots.names, r)
        text = p.first[0] + p.middle * (r.random() < 0.7) + p.last[0]
        return choice(
            (
                text.upper(),
                text.upper(),
                text.lower(),
                text.upper(),
                f"{p.first[0]}.{p.middle}.{p.last[0]}.",
                f"{p.first[0]}-{p.last[0]}",
                f"{p.first[0]}{p.last[:3]}".lower(),
            )
        )

    def given() -> str:
        name = slots.names.first()
        chance = r.random()
        return f"{name} {slots.names.first()}" if chance < 0.15 else f"{name} {choice('ABCDEJKLMRST')}" if chance < 0.25 else name

    return {
        "ini1": lambda: [(choice("ABCDEFGHIJKLMNOPRSTVWYZ"), "NAME"), (choice(("", "", ".")), "O")],
        "ini3": lambda: [(initials(), "NAME")],
        "alias": lambda: [(choice(_ALIASES).format(a=choice(_SPELLING), n=choice(_COUNTED), w=r.randint(1, 99)), "NAME")],
        "anyg": lambda: [(given(), "NAME")],
        "spellmed": lambda: [
            (spoken.spelled(r, choice((choice(slots.clinical), slots.drug(), choice(slots.words["epon"]).split()[0]))), "O")
        ],
        "spelled": lambda: [(spoken.spelled(r, choice((slots.patient.last, slots.names.last(), slots.patient.first))), "NAME")],
    }


def _codes(slots: Slots) -> Makers:
    r, choice = slots.random, slots.random.choice
    one: dict[str, tuple[str, Callable[[], str]]] = {
        "lid": ("ID", lambda: codes.short(r)), "acc": ("ID", lambda: codes.accession(r)), "din": ("ID", lambda: codes.blood_unit(r)), "natid": ("ID", lambda: codes.national(r)), "flight": ("ID", lambda: codes.flight(r)),
        "photo": ("ID", lambda: codes.photo(r, slots.patient.last)), "sdigits": ("ID", lambda: spoken.digits(r)), "look": ("O", lambda: codes.lookalike(r)),
        "fphone": ("CONTACT", lambda: codes.foreign_phone(r) if r.random() < 0.75 else values.phone(r)), "hl7ph": ("CONTACT", lambda: _machine_phone(r)),
        "hl7d": ("CONTACT", lambda: values.digits(r, 7)), "hostpath": ("CONTACT", lambda: f"{choice(slots.pools['domains'])}/{choice(('out', 'in', 'share', 'pub'))}/{codes.photo(r, slots.patient.last)}"),
        "icdcode": ("O", lambda: f"{choice('EIMZFJKNRSC')}{r.randint(10, 99)}{choice(('', f'.{r.randint(0, 9)}', f'.{r.randint(10, 99)}'))}"), "loinc": ("O", lambda: f"{r.randint(100, 99999)}-{r.randint(0, 9)}"),
        "fac": ("FACILITY", lambda: choice((slots.sites.facility().upper(), values.capitals(r, r.randint(2, 5)), slots.names.last().upper().replace(" ", "")))),
        "dots": ("O", lambda: choice(("." * r.randint(3, 14), ":", "_" * r.randint(2, 6), "...:", "=", "|", " . . . .", ":")))
    }  # fmt: skip
    return {slot: (lambda m=maker, k=label: [(m(), k)]) for slot, (label, maker) in one.items()}


def _machine_phone(random: Random) -> str:
    area, rest = random.randint(201, 989), values.digits(random, 7)
    return random.choice(
        (
            f"({area}){rest[:3]}-{rest[3:]}",
            f"{area}{rest}",
            f"({area}) {rest[:3]}-{rest[3:]}",
            f"+1{area}{rest}",
            f"{area}-{rest[:3]}-{rest[3:]}",
            f"{area}^{rest}",
        )
    )


def _places(slots: Slots) -> Makers:
    r, choice, sites = slots.random, slots.random.choice, slots.sites

    def landmark() -> str:
        return str(choice(_MARKS)).format(
            inn=choice(_INNS),
            last=slots.names.last(),
            city=sites.city(),
            n=r.randint(1, 60),
            shop=choice(_SHOPS),
            ord=f"{r.randint(4, 99)}th",
        )

    def street() -> str:
        name = choice((choice(slots.words["street_names"]), slots.names.last(), choice(slots.common).capitalize()))
        return name + str(choice(("", "", " St", " Ave", " Rd")))

    def crossing() -> str:
        ends = {1: "st", 2: "nd", 3: "rd"}
        number, other = r.randint(1, 120), r.randint(1, 60)
        words = {
            "a": street(),
            "b": street(),
            "n": r.randint(1, 95),
            "m": r.randint(1, 300),
            "ord": f"{number}{ends.get(number % 10, 'th')}",
            "ord2": f"{other}{ends.get(other % 10, 'th')}",
        }
        return sites.case(str(choice(_CROSS)).format(**words))

    return {
        "landmark": lambda: [(landmark(), "PLACE")],
        "crossroad": lambda: [(crossing(), "STREET")],
        "streetl": lambda: [(sites.street().lower(), "STREET")],
        "faddr": lambda: slots.expand(
            choice(
                (
                    "{street}, {zip} {city}",
                    "[C/|Calle |Av. |Rua |ul. |Via |Rue ]{anystreet}, {zip} {city}",
                    "{street}\n{city} {zip}, {country}",
                    "[Village|Mtaa|Barangay|Kampung|Colonia] {city}, {city}",
                    "{anystreet}, {city}",
                )
            )
        ),
        "anystreet": lambda: [
            (
                choice(
                    (
                        slots.names.last(),
                        slots.names.last() + choice(("strasse", "straat", "gatan", "veien", "weg", "gasse", "laan", " sokak", " utca")),
                    )
                )
                + choice(("", " ", " ", ", ", " n. "))
                + str(r.randint(1, 240))
                + choice(("", "", "a", "-4", "/7", " 2º B")),
                "STREET",
            )
        ],
    }


def _days(slots: Slots) -> Makers:
    r, choice = slots.random, slots.random.choice
    suffix = lambda n: "th" if 10 <= n <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")  # noqa: E731

    def day() -> str:
        number = r.randint(1, 31)
        return f"{number}{suffix(number)}"

    def foreign() -> str:
        y, m, d = r.randint(1925, 2026), r.randint(1, 12), r.randint(1, 28)
        roman = "I II III IV V VI VII VIII IX X XI XII".split()[m - 1]
        return choice(
            (
                f"{d:02d}.{m:02d}.{y}",
                f"{d}.{m}.{y}",
                f"{d}.{m}.{y % 100:02d}",
                f"{d:02d}/{m:02d}/{y}",
                f"{d:02d}-{m:02d}-{y}",
                f"{d}/{roman}/{y}",
                f"{d}. {m}. {y}",
                f"{d}.{m}.",
                f"{y}-{m:02d}-{d:02d}",
                f"{d} {values.MONTHS[m - 1]} {y}",
            )
        )

    def named(months: str, form: str) -> str:
        return form.format(d=r.randint(1, 28), m=choice(months.split()), y=r.randint(1940, 2026)) if r.random() < 0.75 else foreign()

    def whole() -> str:
        y, m, d = r.randint(1928, 2026), r.randint(1, 12), r.randint(1, 28)
        return choice(
            (
                f"{y}-{m:02d}-{d:02d}",
                f"{y}-{m:02d}-{d:02d}",
                f"{y}{m:02d}{d:02d}",
                f"{m:02d}/{d:02d}/{y}",
                f"{y}-{m:02d}-{d:02d}T{r.randint(0, 23):02d}:{r.randint(0, 59):02d}",
            )
        )

    return {
        "dayth": lambda: [(day(), "DATE")], "dayword": lambda: [(spoken.ordinal(r.randint(1, 31)), "DATE")], "sdate": lambda: [(spoken.date(r), "DATE")], "dtg": lambda: [(codes.military_date(r), "DATE")],
        "isod": lambda: [(whole(), "DATE")], "fdob": lambda: [(foreign(), "DATE")], "stamp8": lambda: [(f"20{r.randint(15, 27)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}", "DATE")],
        "esdate": lambda: [(named("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "{d} de {m} de {y}"), "DATE")],
        "frdate": lambda: [(named("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "{d} {m} {y}"), "DATE")],
        "sage": lambda: [(spoken.age(r, 90, 104), "AGE")] if r.random() < 0.35 else [(spoken.age(r, 20, 89), "O")],
        "ageany": lambda: [(choice((str(r.randint(90, 105)), spoken.age(r, 90, 103))), "AGE")] if r.random() < 0.5 else [(str(r.randint(40, 89)), "O")],
        "seriesv": lambda: series.valued(r), "seriesw": lambda: series.valued(r), "seriess": lambda: series.weekdays(r), "seriesd": lambda: series.listed(r), "scores": lambda: series.scores(r),
    }  # fmt: skip


def _lines(slots: Slots) -> Makers:
    talk = sections("lowtalk.txt")["talk"]
    choice = slots.random.choice
    return {
        "lowtalk": lambda: slots.expand(choice(talk)),
        "sep": lambda: [(choice((" ", "\n", ", ", "\n\n", " - ")), "O")],
        "bd": lambda: slots.expand(
            choice(("{bdplain}", "{bdplain}", "{bdplain}", "D/C {md}", "POD {n0}", "SINCE {md}", "{abb}", "DAY {n0}", "TX {md}"))
        ),
        "ordinal": lambda: [(str(slots.random.randint(1, 599)) + choice(("st", "nd", "th")), "O")],
    }
