"""Whole notes: kinds with their own lines, loose sentences, questions, chat and word salad, about a fifth without any identifier."""

from __future__ import annotations

from random import Random

from training.deid.grammar import Fragments, flat
from training.deid.pools import Pools
from training.deid.recast import recast
from training.deid.slots import Slots
from training.deid.tables import form, table
from training.deid.texts import kinds, sections
from training.deid.transforms import transformed

_SUBJECTS = ("The patient ", "Patient ", "She ", "He ", "Pt ", "This patient ", "Mother ")
_SALAD = "pn pnf pf rn any dr hosp city cityst fdate pdate md id phone email addr place drug brands epon tool proc sign lab n2 n3 score orgneg dx sx medw medw things code icd habits".split()

_LISTS = (
    "board",
    "handover",
    "hand-off",
    "shift",
    "table",
    "log",
    "hl7",
    "series",
    "jottings",
    "thread",
    "schedule",
    "fragment",
    "audit",
    "call log",
    "ledger",
    "dump",
    "mixture",
)
_SHOUTED, _LOW = ("board", "handover", "schedule"), ("portal lower case", "text thread", "portal message", "dictated speech")


class Notes:
    """An endless, seeded supply of labelled notes."""

    def __init__(self, seed: int, pools: Pools) -> None:
        self.random, self.pools = Random(seed), pools
        self.slots = Slots(self.random, pools)
        self.kinds, self.foreign = kinds("kinds"), sections("foreign.txt")
        identified, clean, more = sections("identified.txt"), sections("clean.txt"), sections("extra_clean.txt")
        further, wide, charts = sections("clean_more.txt"), sections("clean_wide.txt"), sections("clean_charts.txt")
        self.identified = identified["note"] + identified["terse"] + sections("extra_identified.txt")["note"]
        self.chat = identified["chat"]
        self.clean = clean["note"] + more["note"] + more["more"] + further["note"] + wide["note"] + charts["note"]
        self.terse = clean["terse"] + more["caps"] + further["terse"] + further["caps"] + further["worn"] + wide["terse"] + wide["caps"]
        self.terse += charts["terse"] + charts["caps"]
        self.prose = sections("prose.txt")["prose"]
        self.questions = sections("prose.txt")["query"] + sections("queries.txt")["clean"]
        self.queries, self.headers = sections("queries.txt"), sections("headers.txt")

    def make(self) -> tuple[str, bytearray]:
        """A text and for each of its characters the index of its label in LABELS."""
        self.slots.new_note()
        makers = (self._query, self._loose, self._salad, self._chat, self._sectioned, self._kind, self._clean, self._table, self._foreign)
        maker = self.random.choices((*makers, self._whole), (8, 8, 4, 6, 11, 30, 12, 7, 3, 130))[0]
        self.worn = 0.06
        return transformed(*flat(maker()), self.random, worn=self.worn)

    def _whole(self) -> Fragments:
        """A note written by hand, with other people in it."""
        return recast(self.slots)

    def _sentence(self, identified: float) -> Fragments:
        random = self.random
        if random.random() < identified:
            return self._line(random.choice(self.identified))
        if random.random() < 0.12:
            return [(self._definition(), "O")]
        pieces = self._line(random.choice(random.choices((self.clean, self.prose, self.terse), (50, 38, 12))[0]))
        return self._spliced(pieces) if identified else pieces

    def _definition(self) -> str:
        """A sentence of an ontology, now and then its later ones."""
        sentences = str(self.random.choice(self.pools["definitions"])).split(". ")
        return sentences[0 if self.random.random() < 0.7 else self.random.randrange(len(sentences))].rstrip(".") + "."

    def _spliced(self, pieces: Fragments) -> Fragments:
        """A name in place of a leading `The patient`, so that names stand in every clinical sentence."""
        (text, label), *rest = pieces
        subject = next((s for s in _SUBJECTS if text.startswith(s) and label == "O"), None)
        if subject is None or self.random.random() < 0.5:
            return pieces
        return [*self.slots.expand("[{pn}|{ptl}|{pf}|{pl}|{pn}|{pi}|{dr}]"), (text[len(subject) - 1 :], "O"), *rest]

    def _line(self, template: str) -> Fragments:
        """A line expanded; each `~` becomes a sentence without identifiers."""
        pieces: Fragments = []
        for text, label in self.slots.expand(template):
            if label != "O" or "~" not in text or text.startswith("MSH"):
                pieces.append((text, label))
                continue
            before, *rest = text.split("~")
            pieces.append((before, "O"))
            for after in rest:
                pieces += self._sentence(0.0)
                pieces.append((after, "O"))
        return [p for p in pieces if p[0]]

    def _query(self) -> Fragments:
        random, parts = self.random, self.queries
        if random.random() < 0.35:
            return self.slots.expand(random.choice(self.questions)) + ([(" ", "O"), *self._sentence(0.0)] if random.random() < 0.4 else [])
        template = (
            random.choice(parts["query"]).replace("{who}", random.choice(parts["who"])).replace("{ev}", random.choice(parts["event"]))
        )
        return self.slots.expand(template)

    def _loose(self) -> Fragments:
        random = self.random
        identified = 0.0 if random.random() < 0.2 else 0.7
        pieces: Fragments = []
        for _ in range(random.randint(1, 4)):
            pieces += [*self._sentence(identified), (random.choice((" ", "\n", " ", "; ", "  ")), "O")]
        return pieces

    def _salad(self) -> Fragments:
        random = self.random
        pieces: Fragments = []
        for _ in range(random.randint(8, 40)):
            chance = random.random()
            pieces += self.slots.fill(random.choice(_SALAD) if chance < 0.3 else "com" if chance < 0.65 else "medw")
            pieces.append((random.choice((" ",) * 8 + (", ", ". ", "\n", "; ", ": ", " - ", " (", ") ", "/")), "O"))
        return pieces

    def _chat(self) -> Fragments:
        random = self.random
        pieces: Fragments = []
        for _ in range(random.randint(1, 3)):
            pieces += [*self.slots.expand(random.choice(self.chat)), (random.choice((" ", "\n", "\n\n")), "O")]
        return pieces

    def _clean(self) -> Fragments:
        """A note without any identifier."""
        return self._sections(0.0)

    def _sectioned(self) -> Fragments:
        random = self.random
        pieces: Fragments = []
        if random.random() < 0.6:
            pieces += [(self._headed(random.choice(self.headers["title"])), "O"), ("\n", "O")]
        if random.random() < 0.35:
            for template in random.sample(
                ("{hosp}", "{addr}", "{phone}", "[Tel|Fax|Ph] {phone}", "{url}", "{spec}", "{street}", "{cityst} {zip}"),
                random.randint(1, 4),
            ):
                pieces += [*self.slots.expand(template), (random.choice(("\n", "\n", " | ", "  ")), "O")]
        if random.random() < 0.6:
            pieces += self._fields()
        pieces += self._sections(random.choice((0.1, 0.25, 0.4, 0.6)))
        if random.random() < 0.5:
            pieces += self.slots.expand(
                random.choice(
                    (
                        "{drf}, {cred}",
                        "{dr}\n{hosp}",
                        "{drf} {fdate} {hm}",
                        "{dri}/{dri}",
                        "{drf}\n{spec}\n{hosp}\n{phone}",
                        "Signed by {drf} {fdate}",
                    )
                )
            )
        return pieces

    def _headed(self, text: str) -> str:
        return text.upper() if self.random.random() < 0.4 else text

    def _fields(self) -> Fragments:
        random = self.random
        colon = random.choice((": ", ":", ":  ", ",", " - ", "\t", " ", "= ", '": "'))
        between = random.choice(("\n", "\n", "   ", " | ", ", ", "; ", "\t"))
        pieces: Fragments = []
        for field in random.sample(self.headers["field"], random.randint(2, 9)):
            name, value = field.split("=", 1)
            pieces += [(self._headed(name) + colon, "O"), *self.slots.expand(value), (between, "O")]
        return [*pieces, ("\n", "O")]

    def _sections(self, identified: float) -> Fragments:
        random = self.random
        newline, colon = random.choice(("\n", "\n", "\n", "\n\n", " ")), random.choice((": ", ":\n", ":", " - ", "\n"))
        bullet = random.choice(("",) * 5 + ("- ", "* ", "• ", "# ", "{}. ", "{}. ", "{}) "))
        pieces: Fragments = []
        for _ in range(random.randint(1, 5)):
            if random.random() < 0.75:
                pieces.append((self._headed(random.choice(self.headers["heading"])) + colon, "O"))
            for number in range(1, random.randint(2, 8)):
                pieces += [
                    (bullet.format(number), "O"),
                    *self._sentence(identified),
                    (random.choice((" ", " ", newline, "\n" if bullet else " ")), "O"),
                ]
            pieces.append((newline, "O"))
        return [p for p in pieces if p[0]]

    def _table(self) -> Fragments:
        """A table or a form, alone or inside a note; now and then a table of figures that names nobody."""
        random = self.random
        pieces: Fragments = [] if random.random() < 0.6 else [*self._sentence(0.3), ("\n", "O")]
        if random.random() < 0.3:
            pieces += form(random, self.slots.expand)
        else:
            pieces += table(random, self.slots.expand, identified=random.random() < 0.8)
        return pieces if random.random() < 0.7 else [*pieces, ("\n", "O"), *self._sentence(0.3)]

    def _foreign(self) -> Fragments:
        random = self.random
        pieces: Fragments = []
        for line in random.choice(list(self.foreign.values())):
            if random.random() < 0.8:
                pieces += [*self._line(line), (random.choice(("\n", " ", "\n\n", " ")), "O")]
        return pieces

    def _kind(self) -> Fragments:
        random = self.random
        kind = random.choice(list(self.kinds))
        lines = [line for line in self.kinds[kind] if random.random() < 0.8]
        if any(word in kind for word in _LISTS):
            lines = [random.choice(self.kinds[kind]) for _ in range(random.randint(2, 9))]
        shouted, low = (any(w in kind for w in words) for words in (_SHOUTED, _LOW))
        change = random.choices((str.upper, str.lower, str), (6, 0, 3) if shouted else (0, 6, 3) if low else (0, 0, 1))[0]
        self.worn = 0.6 if "fax" in kind.split() else 0.06
        pieces: Fragments = []
        between = random.choice(("\n", "\n", "\n", "\n\n", " "))
        for line in lines:
            made = self._line(line)
            pieces += [(change(t) if len(change(t)) == len(t) else t, label) for t, label in made]
            pieces.append((between if random.random() < 0.8 else random.choice(("\n", " ")), "O"))
            if random.random() < 0.12:
                pieces += [*self._sentence(0.2), ("\n", "O")]
        return pieces
