"""What fills the slots of the templates: `{pn}` the patient, `{dr}` a clinician with title or credential, `{date}`, `{id}` …"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from core.deid.lexicon import sections as lists
from training.deid import more_oddities, oddities, systems, values, voices
from training.deid.grammar import Fragments, expand
from training.deid.people import Names, Person, coin
from training.deid.pools import Pools
from training.deid.sites import Sites
from training.deid.texts import vocabulary

_PLAIN = re.compile(r"[A-Za-z'\- ]+")


class Slots:
    """Fills slots for one note after another; `new_note` changes the people."""

    def __init__(self, random: Random, pools: Pools) -> None:
        self.random, self.pools = random, pools
        self.words = vocabulary()
        self.names = Names(random, pools, self.words["word_firsts"], self.words["word_lasts"])
        english = dict(lists("english.txt"))
        self.common = [w for level in "4321" for w in english[level] if len(w) > 2]
        self.sites = Sites(random, pools, self.names, self.words, self.common)
        self.clinical = dict(lists("icd_words.txt"))["1"]
        self.makers: dict[str, Callable[[], Fragments]] = self._people() | self._identifiers() | self._figures() | self._vocabulary()
        self.makers |= oddities.makers(self) | more_oddities.makers(self) | systems.makers(self) | voices.makers(self)
        self.new_note()

    def new_note(self) -> None:
        """New people: a patient, three clinicians, two relatives."""
        self.patient, *others = (Person.invent(self.names, self.random) for _ in range(6))
        self.clinicians, self.relatives = others[:3], others[3:]

    def fill(self, slot: str) -> Fragments:
        """The slot's text with labels. KeyError when there is none of the name."""
        return self.makers[slot]()

    def expand(self, template: str) -> Fragments:
        """A template of this grammar, filled."""
        return expand(template, self.random, self.fill)

    def _people(self) -> dict[str, Callable[[], Fragments]]:
        choice, pick = self.random.choice, self._name
        return {
            "pn": lambda: pick(self._any_form(self.patient)),
            "pnf": lambda: pick(self.patient.full() if self.random.random() < 0.65 else self.patient.reversed()),
            "pnr": lambda: pick(self.patient.reversed()),
            "pnl": lambda: pick(self.patient.with_initial() if self.random.random() < 0.7 else self.patient.initial_last()),
            "pf": lambda: pick(self.patient.nick or self.patient.written(self.patient.first)),
            "pl": lambda: pick(self.patient.written(self.patient.last)),
            "pi": lambda: pick(self.patient.initials()),
            "ptl": lambda: [(choice(self.words["courtesies"]) + " ", "O"), *pick(self.patient.written(self.patient.last))],
            "dr": lambda: self._clinician(choice(self.clinicians)),
            "drf": lambda: pick(choice(self.clinicians).full()),
            "drl": lambda: pick((d := choice(self.clinicians)).written(d.last)),
            "dri": lambda: pick(choice(self.clinicians).initials()),
            "rn": lambda: pick(self._relative(choice(self.relatives))),
            "rnf": lambda: pick(choice(self.relatives).full()),
            "any": lambda: pick(self._relative(self._stranger())),
            "anyf": lambda: pick(self._stranger().full()),
            "anyl": lambda: pick((p := self._stranger()).written(p.last)),
            "anyr": lambda: pick(self._stranger().reversed()),
            "anyi": lambda: pick(self._stranger().initials()),
            "spaced": lambda: pick(choice((" ", "  ")).join(self.names.first().upper()) + "   " + " ".join(self.names.last().upper())),
            "hl7": lambda: pick(f"{(p := self._stranger()).last}^{p.first}{choice(('', '^' + p.middle, '^^'))}".upper()),
            "user": lambda: [(choice(self.pools["users"]), "ID")],
        }

    def _identifiers(self) -> dict[str, Callable[[], Fragments]]:
        r, choice = self.random, self.random.choice
        one: dict[str, tuple[str, Callable[[], str]]] = {
            "fdate": ("DATE", lambda: values.full_date(r)), "pdate": ("DATE", lambda: values.short_date(r)),
            "my": ("DATE", lambda: values.month_year(r)), "dob": ("DATE", lambda: values.full_date(r, 1920, 2025)),
            "cdate": ("DATE", lambda: values.full_date(r).replace("-", "").replace("/", "")),
            "md": ("DATE", lambda: f"{r.randint(1, 12)}/{r.randint(1, 28)}"), "stamp": ("DATE", lambda: f"20{r.randint(18, 27)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{r.randint(0, 23):02d}{r.randint(0, 59):02d}"),
            "hosp": ("FACILITY", self.sites.facility), "hospl": ("FACILITY", lambda: self.sites.facility().lower()), "co": ("FACILITY", self.sites.firm),
            "place": ("FACILITY", self.sites.place), "street": ("STREET", self.sites.street), "city": ("PLACE", lambda: self.sites.case(self.sites.city())),
            "zip": ("ZIP", lambda: values.postcode(r)), "phone": ("CONTACT", lambda: values.phone(r)), "url": ("CONTACT", lambda: values.link(r, self.pools["domains"])),
            "email": ("CONTACT", lambda: values.mailbox(r, self.names.first(), self.names.last(), self.pools["domains"])), "ext": ("CONTACT", lambda: values.digits(r, r.randint(3, 5))),
            "ip": ("CONTACT", lambda: values.address_number(r)), "geo": ("ID", lambda: values.coordinates(r)), "id": ("ID", lambda: values.record(r)),
            "sid": ("ID", lambda: f"{values.capitals(r, r.randint(1, 3))}{choice(('', '-', ' '))}{values.digits(r, r.randint(2, 5))}"), "ssn": ("ID", lambda: values.social(r)), "plan": ("ID", lambda: values.plan(r)), "plate": ("ID", lambda: values.plate(r)),
            "dev": ("ID", lambda: values.device(r)), "vin": ("ID", lambda: "".join(choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17))),
            "age90": ("AGE", lambda: str(r.randint(90, 107))), "country": ("REGION", lambda: choice(self.pools["countries"])),
            "rig": ("ID", lambda: choice(("", "", "", "M-", "A-", "R-", "NT-")) + str(r.randint(1, choice((9, 60, 499))))), "wdn": ("DATE", lambda: values.weekday_number(r)), "wdr": ("DATE", lambda: values.weekday_span(r)), "xt": ("CONTACT", lambda: values.extension(r)), "kc": ("ID", lambda: values.tally(r)),
            "wf": ("NAME", lambda: self._short_name("word_firsts", self.names.first)), "wl": ("NAME", lambda: self._short_name("word_lasts", self.names.last)),
            "state": ("REGION", lambda: choice(self.words["states"])[:-3]), "st": ("REGION", lambda: choice(self.words["states"])[-2:]),
        }  # fmt: skip
        made: dict[str, Callable[[], Fragments]] = {slot: (lambda m=maker, k=label: [(m(), k)]) for slot, (label, maker) in one.items()}
        made["date"] = lambda: made[r.choices(("fdate", "pdate", "my"), (75, 16, 9))[0]]()
        made["kcs"] = lambda: self._run([(code, "ID") for code in values.tallies(r)])
        made["xts"] = lambda: self._run([(values.extension(r), "CONTACT") for _ in range(r.randint(2, 4))])
        made["wdns"] = lambda: self._run([(values.weekday_number(r), "DATE") for _ in range(r.randint(2, 5))])
        made["cityst"] = lambda: self.expand("{city}[, |, | |,][{state}|{st}|{st}]")
        made["addr"] = lambda: self.expand(
            "{street}[, |, | |\n]{city}[, | |, ][{st}|{st}|{state}][ | |, |  ]{zip}" if r.random() < 0.75
            else "{street}[, |\n|\n ]{city}[, |\n|\n |, {st}\n ][{country} {zip}|{zip}|{country}|{zip} {country}]"
        )  # fmt: skip
        return made

    def _short_name(self, words: str, other: Callable[[], str]) -> str:
        """A single name, half the time an ordinary word."""
        r = self.random
        name = r.choices((lambda: r.choice(self.words[words]), lambda: r.choice(self.common).capitalize(), other), (45, 8, 47))[0]()
        chance = r.random()
        return name.lower() if chance < 0.12 else name.upper() if chance < 0.22 else name

    def _run(self, parts: Fragments) -> Fragments:
        """Short codes one after another, kept apart by one sign."""
        between = self.random.choice((", ", ", ", " ", "/", " / ", "; ", " + ", " & ", "  ", "\n"))
        return [piece for part in parts for piece in ((between, "O"), part)][1:]

    def _figures(self) -> dict[str, Callable[[], Fragments]]:
        r = self.random
        figures: dict[str, Callable[[], object]] = {
            "n0": lambda: r.randint(1, 9), "n1": lambda: r.randint(1, 15), "n2": lambda: r.randint(10, 99), "n3": lambda: r.randint(100, 420),
            "n4": lambda: r.randint(1000, 9000), "d1": lambda: f"{r.randint(0, 12)}.{r.randint(0, 9)}", "age": lambda: r.randint(1, 89),
            "mon": lambda: r.choice(values.MONTHS), "mil": lambda: f"{r.randint(0, 23):02d}{r.randint(0, 59):02d}", "year": lambda: r.randint(1975, 2026), "wd": lambda: r.choice(values.DAYS),
            "hm": lambda: f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}" if r.random() < 0.6 else f"{r.randint(1, 12)}:{r.randint(0, 59):02d} {r.choice(('AM', 'PM', 'am', 'pm'))}",
            "code": lambda: r.choice((f"Form {r.randint(100, 9999)}{r.choice(('', '-B', 'A'))}", f"kit {r.randint(1, 40)}", f"slot {r.randint(1, 30)}", f"tray {r.randint(1, 20)}", f"version {r.randint(1, 9)}.{r.randint(0, 9)}", f"protocol {r.randint(1, 60)}", f"page {r.randint(1, 9)} of {r.randint(2, 12)}", f"ICD-10 {r.choice('EIMZFJK')}{r.randint(10, 99)}.{r.randint(0, 9)}", f"CPT 99{r.randint(201, 499)}", f"size {r.randint(5, 9)}.{r.choice('05')}", f"{r.randint(14, 30)}G", f"level {r.randint(1, 5)}", f"bay {r.randint(1, 20)}", f"room {r.randint(1, 600)}", f"bed {r.randint(1, 40)}{r.choice(('', 'A', 'B'))}", f"Q{r.randint(1, 4)}", f"DRG {r.randint(100, 900)}", f"x{r.randint(2, 9)}", f"{r.randint(1, 9)}-0 silk")),
        }  # fmt: skip
        return {slot: (lambda m=maker: [(str(m()), "O")]) for slot, maker in figures.items()}

    def _vocabulary(self) -> dict[str, Callable[[], Fragments]]:
        r, choice, words = self.random, self.random.choice, self.words
        wide = {**words, "dx": words["dx"] * 3 + words["epon"] * 2 + words["abb"] + words["things"]}
        made: dict[str, Callable[[], Fragments]] = {slot: (lambda s=entries: [(choice(s), "O")]) for slot, entries in wide.items()}
        made |= {
            "lab": lambda: self.expand(choice(words["lab"])),
            "drug": lambda: [(self.drug(), "O")],
            "rx": lambda: self.expand("{drug} [tab |]" + choice(self.words["doses"]) + " " + choice(self.words["times"])),
            "medw": lambda: [(self.sites.case(choice(self.clinical), 0.3), "O")],
            "com": lambda: [(self.sites.case(choice(self.common), 0.15), "O")],
            "icd": lambda: [(self._description(), "O")],
            "tele": self._telegram,
            "eprand": self._eponym,
            "gene": lambda: [(choice(self.pools["genes"]), "O")],
            "coined": lambda: [(choice((coin(r), coin(r), coin(r).upper())), "O")],
        }
        return made

    def _name(self, text: str) -> Fragments:
        return [(text, "NAME")]

    def _stranger(self) -> Person:
        return Person.invent(self.names, self.random)

    def _any_form(self, p: Person) -> str:
        forms = (p.full, p.reversed, p.with_initial, p.initial_last, lambda: p.written(p.first), lambda: p.written(p.last))
        return self.random.choices(forms, (50, 13, 10, 5, 11, 11))[0]()

    def _relative(self, p: Person) -> str:
        forms = (lambda: p.written(p.first), p.full, p.with_initial)
        return self.random.choices(forms, (55, 36, 9))[0]()

    def _clinician(self, p: Person) -> Fragments:
        r, choice = self.random, self.random.choice
        chance = r.random()
        if chance < 0.3:
            return [(choice(("Dr. ", "Dr ", "dr. ", "Doctor ", "DR. ", "Dr.", "DR ")), "O"), *self._name(p.written(p.last))]
        if chance < 0.5:
            return [
                (choice(("Dr. ", "Dr ", "Prof. ", "dr ", "Prof ")), "O"),
                *self._name(p.full() if r.random() < 0.8 else p.initial_last()),
            ]
        if chance < 0.85:
            name = p.full() if r.random() < 0.8 else p.initial_last()
            return [*self._name(name), (choice((", ", ", ", " ", ",")) + choice(self.words["cred"]), "O")]
        if chance < 0.92:
            return [("Drs. ", "O"), *self._name(p.last), (choice((" and ", "/", " & ")), "O"), *self._name(self.clinicians[0].last)]
        return self._name(p.full())

    def drug(self) -> str:
        """A drug, known or invented."""
        r, choice = self.random, self.random.choice
        makers: tuple[Callable[[], str], ...] = (
            lambda: choice(self.words["drug"]), lambda: choice(self.words["brands"]), lambda: choice(self.pools["drugs"]),
            lambda: coin(r).lower() + choice(self.words["drug_stems"]), lambda: coin(r) + choice(("", "a", "ix", "ra", "vy", "zo", "qo")),
        )  # fmt: skip
        name = r.choices(makers, (48, 25, 12, 8, 7))[0]()
        chance = r.random()
        return name.capitalize() if chance < 0.12 else name.upper() if chance < 0.18 else name

    def _description(self) -> str:
        r, source = self.random, self.random.choices(("icd", "hpo", "diseases"), (45, 30, 25))[0]
        text = str(r.choice(self.pools[source]))
        words = text.split()
        if len(words) > 7 and r.random() < 0.6:
            words = words[: r.randint(2, 7)]
        chance = r.random()
        return " ".join(words).rstrip(",") if chance < 0.55 else " ".join(words).lower() if chance < 0.85 else " ".join(words).title()

    def _eponym(self) -> Fragments:
        """A random surname before a clinical noun: what only the noun tells from a person."""
        r, choice = self.random, self.random.choice
        name = choice((self.names.last, self.names.last, self.names.first))()
        if not _PLAIN.fullmatch(name):
            name = choice(self.words["word_lasts"])
        tail = r.choices(("'s", "-" + choice(self.words["word_lasts"]), " and " + choice(self.words["word_lasts"]), ""), (25, 8, 4, 63))[0]
        return [(choice(("", "", "", "#3 ", "5-0 ", "14-French ", "red rubber ")) + name + tail + " " + choice(self.words["epnoun"]), "O")]

    def _telegram(self) -> Fragments:
        r, choice = self.random, self.random.choice
        pieces: Fragments = []
        for _ in range(r.randint(3, 10)):
            kind = r.choices(("abb", "figure", "lab", "drug", "sx", "anat", "things", "loose"), (32, 16, 12, 11, 9, 7, 4, 9))[0]
            pieces += self._telegram_piece(kind)
            pieces.append((choice((" ",) * 7 + (", ", ", ", "; ", ". ", "/", " - ", " -> ", " + ")), "O"))
        return pieces

    def _telegram_piece(self, kind: str) -> Fragments:
        r, choice = self.random, self.random.choice
        if kind == "loose":
            return [(choice(self.words["telegram"]), "O")]
        if kind == "figure":
            a, b = r.randint(1, 99), r.randint(1, 10)
            unit = choice(("g", "mg", "cc", "ml", "kg", "L", "%", "w", "d", "h", "u", "F", "cm", "mm", "g IV", "x", "yo", "M", "F"))
            shapes = (
                f"{a}{unit}",
                f"{r.randint(1, 9)}/{b}",
                f"{r.randint(80, 200)}/{r.randint(40, 110)}",
                f"{r.randint(0, 23):02d}{r.randint(0, 59):02d}",
                f"x{b}",
                f"q{b}h",
                f"C{r.randint(2, 7)}",
                f"L{r.randint(1, 5)}",
                f"{choice(('II', 'III', 'IV', 'aVF', 'V1-V4'))}",
                f"{r.randint(70, 100)}% RA",
                f"{r.randint(0, 9)}.{r.randint(0, 9)}",
                f"G{b}P{r.randint(0, 5)}",
                f"{b}+",
                f"+{b}",
                f"#{b}",
            )
            return [(choice(shapes), "O")]
        pieces = self.fill(kind)
        return [(t.lower(), label) for t, label in pieces] if kind == "abb" and r.random() < 0.3 else pieces
