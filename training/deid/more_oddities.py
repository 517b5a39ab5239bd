"""Slots for catalogue numbers beside personal ones, uncommon dates, named houses, and surnames that only name a test or a grade."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from training.deid import codes, spoken, values
from training.deid.grammar import Fragments

if TYPE_CHECKING:
    from training.deid.slots import Slots

_MODELS = (
    "9999-99", "9999", "99999", "999", "?9??99", "99.999.999", "999.999", "9999-9999?", "9999-?-999", "99-9999-999-99", "999-99-99?", "999-9999??", "??999", "??99-9999", "9999?", "?9999",
    "99 x 99", "9.9 x 99 mm", "1999999", "??9999?", "?-99?", "99?9", "9999-99?", "v9.9", "M999", "9.9 mm", "size 9", "XT 9", "IV", "II",
)  # fmt: skip
_BEHIND = (
    "{n}/{m}", "{n}", "{r}", "{r}{l}", "grade {r}", "grade {n}", "class {r}", "type {r}", "stage {r}{l}", "neg", "negative", "pos", "positive", "{l}/{l}", "score {n}", "{nn}", "{nn}%", "zone {n}", "criteria met",
    "-{b} neg", " & {b} {r}{l}", "-{b} {n}", "{l}{n}", "index {n}.{m}", "sign +", "test neg", "x{n}", "angle {nn}", "ratio 1.{n}", "mod", "variant", "at 5th MTH", "position {n}", "{n} of {m}",
)  # fmt: skip
_LISTS = (
    "{a}, {b}, {c}",
    "{a}/{b}/{c}",
    "{a}, {b}, {c}, {d}",
    "{a}; {b}",
    "{a} and {b} nodes",
    "{a} & {b} procedure",
    "modified {a}",
    "de {a}",
    "({a})",
    "{a} vs {b}",
    "reverse {a}",
    "{a}-{b}-{c}",
)
_HOUSES = (
    "Rose Cottage",
    "The Old Forge",
    "Hillview",
    "Fernlea",
    "Mill House",
    "The Glebe",
    "Ivy Bank",
    "Sea View",
    "Orchard End",
    "Drumbeg",
    "Wattle Park",
    "Kia Ora",
    "Glenmore Station",
    "Stonecroft",
    "The Bungalow",
    "Tigh na Mara",
    "Ty Gwyn",
    "Las Palmas",
    "Villa Rosa",
    "The Hollies",
)


def makers(slots: Slots) -> dict[str, Callable[[], Fragments]]:
    """All slots of this module."""
    r, choice = slots.random, slots.random.choice

    def house() -> str:
        return choice(
            (
                choice(_HOUSES),
                f"{slots.names.last()} {choice(('House', 'Cottage', 'Lodge', 'Farm', 'Court', 'Grange', 'Ranch'))}",
                f"The {slots.names.last()}s",
                f"{choice(slots.common).capitalize()} {choice(('Cottage', 'Barn', 'End', 'Croft'))}",
            )
        )

    def spoken_code() -> str:
        parts = [
            choice((f"{c} as in {choice(slots.common)}", c, c.lower())) if c.isalpha() else choice((c, spoken.counted(int(c))))
            for c in codes.short(r)
            if c.isalnum()
        ]
        return choice((" ", ", ")).join(parts[:8])

    def address() -> str:
        street = choice((slots.names.last(), choice(slots.words["street_names"])))
        return f"{spoken.counted(r.randint(1, 99))} {spoken.counted(r.randint(10, 99))} {street}{choice((', suite B as in boy', ' street', ' lane', '', ', apartment two'))}"

    one: dict[str, tuple[str, Callable[[], str]]] = {
        "model": ("O", lambda: codes.shaped(r, _MODELS)), "cpt": ("O", lambda: f"{choice(('99', '36', '71', '80', '93', '90', '20'))}{r.randint(100, 999)}"), "wordnum": ("O", lambda: str(r.randint(100, 9999))),
        "odd": ("DATE", lambda: odd_date(r)), "dd": ("DATE", lambda: choice((f"{r.randint(1, 28)}-{r.randint(1, 12)}", f"{r.randint(1, 28)}/{r.randint(1, 12)}", f"{r.randint(1, 28)}.{r.randint(1, 12)}", f"{r.randint(1, 28)}-{r.randint(1, 12)}-{r.randint(18, 27)}"))),
        "cottage": ("STREET", house), "sid3": ("ID", spoken_code), "saddr": ("STREET", address), "epscore": ("O", lambda: _eponym(slots)),
    }  # fmt: skip
    return {slot: (lambda m=maker, k=label: [(m(), k)]) for slot, (label, maker) in one.items()}


def odd_date(random: Random) -> str:
    """A day in one of the rarer spellings: `17/IV`, `4.XI.22`, `Apr-19`, `060523`, `tues 6th`, `9Oct`."""
    y, m, d = random.randint(2015, 2027), random.randint(1, 12), random.randint(1, 28)
    roman, short = "I II III IV V VI VII VIII IX X XI XII".split()[m - 1], values.MONTHS[m - 1][:3]
    yy, weekday = f"{y % 100:02d}", random.choice(("Mon", "tues", "Wed", "Thursday", "fri", "Sun", "Saturday"))
    suffix = "th" if 10 <= d <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
    return random.choice((
        f"{d}/{roman}", f"{d}.{roman}.{yy}", f"{d}.{roman}", f"{roman}/{d}/{y}", f"{short}-{d}", f"{d}{short}", f"{d:02d}{m:02d}{yy}", f"{m:02d}{d:02d}{yy}", f"{y}.{m}.{d}", f"{m}.{d}", f"{d}.{m}",
        f"{y}-{m:02d}", f"{short}. {d}", f"{d}{suffix}", f"{weekday} {d}{suffix}", f"{weekday} the {d}{suffix}", f"{short} {d}-{min(d + 3, 30)}", f"{m}/{d}-{m}/{min(d + 4, 30)}", f"{m}/{d} or {m}/{min(d + 1, 30)}",
        f"{short} '{yy}", f"{d} {short.lower()} {yy}", f"{weekday} {m}/{d}", f"{weekday} {m}-{d}", f"{y}/{m}/{d}", f"{d} of {short}", f"{short.upper()}{d}", f"{y} {m:02d} {d:02d}",
    ))  # fmt: skip


def _eponym(slots: Slots) -> str:
    """Surnames that name a test, a grade or an operation, alone or in company."""
    r, choice = slots.random, slots.random.choice
    names = [
        name if name.isascii() and " " not in name else choice(slots.words["word_lasts"]) for name in (slots.names.last() for _ in range(4))
    ]
    a, b, c, d = (name.upper() if r.random() < 0.1 else name for name in names)
    if r.random() < 0.25:
        return str(choice(_LISTS)).format(a=a, b=b, c=c, d=d)
    behind = choice(_BEHIND).format(
        n=r.randint(0, 9), m=r.randint(2, 30), nn=r.randint(10, 99), r=choice(("I", "II", "III", "IV", "V")), l=choice("ABCabc"), b=b
    )
    return a + ("" if behind[0] in "- " else " ") + behind
