"""Slots of the voices of patients and of many lands: names in lower case, informal places, dates in other languages, names in the order of their people."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from training.deid import values
from training.deid.grammar import Fragments
from training.deid.people import coin
from training.deid.texts import sections

if TYPE_CHECKING:
    from training.deid.slots import Slots

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}
_DAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche", "es": "lunes martes miércoles jueves viernes sábado domingo", "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Mo. Di. Mi.",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica", "pt": "segunda terça quarta quinta sexta sábado domingo", "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma di",
}  # fmt: skip
_FORMS = {
    "fr": "{d} {m};{d} {m} {y};{d} {s}.;{d} {s}. {y};{w} {d} {m};1er {m};{d}/{n};{d}/{n}/{yy};{m} {y}", "es": "{d} de {m};{d} de {m} de {y};{d} de {m} del {y};{d}/{s}/{yy};{d} {s} {y};{w} {d} de {m};{w} {d};{d}-{s}-{y};{d}/{n}",
    "de": "{d}. {m};{d}. {m} {y};{d}. {s}.;{d}. {s}. {yy};{w}, {d}. {m};{d}.{n}.;{d}.{n}.{yy};{w} {d}.{n}.;{m} {y}", "it": "{d} {m};{d} {m} {y};{d} {s}.;{d} {s} {yy};{w} {d} {m};1° {m};{d}/{n};{d}.{n}.{yy}",
    "pt": "{d} de {m};{d} de {m} de {y};{d}/{s}/{yy};{d} {s} {y};{w}, {d} de {m};{d}/{n};{m} de {y};{d}.{n}.{y}", "nl": "{d} {m};{d} {m} {y};{d} {s}.;{d} {s} '{yy};{w} {d} {m};{d}-{n};{d}-{n}-{yy};{m} {y}",
    "pl": "{d} {m};{d} {m} {y};{d} {m} {y} r.;{d}.{n}.{y}", "sv": "{d} {m};den {d} {m};{d} {s} {y};{d}/{n}", "tr": "{d} {m};{d} {m} {y};{d}.{n}.{y}", "id": "{d} {m};{d} {m} {y};tgl {d}/{n};tanggal {d} {m}",
}  # fmt: skip
_SITES = (
    "Little {w} Daycare", "{l} Family Daycare", "{w} & {w2} Preschool", "{c} Head Start", "{l} Elementary", "{c} High", "{c} Middle School", "{s} School", "Camp {x}", "Camp {l}", "{c} Day Camp", "{w} House", "{w} Street Shelter", "{c} Rescue Mission", "{l} House", "House of {w}", "{w} Women's Shelter",
    "{s} Church", "First Baptist of {c}", "{c} AME", "{l} Chapel", "{w} Tabernacle", "Iglesia {x}", "{c} Ward", "{c} Mosque", "Masjid {x}", "Temple Beth {x}", "{c} Gurdwara", "{w} Gym", "{x} Fitness", "{c} CrossFit", "{c} Y", "{w} Barbell", "{c} Boys and Girls Club", "{c} Senior Center",
    "{l} Taxi", "{c} Cab", "{w} Shuttle", "{x} Medical Transport", "{c} Dial-a-Ride", "{l} Bros Towing", "{w} Diner", "{l}'s Bar", "{w} Nails", "{c} Foods", "{l} & Sons", "{l} Farms", "{c} Mill", "{w} Logistics", "{x} Tech", "{c} Wildcats", "{c} FC", "{c} United U14", "{w} Swim Club", "{l} Dairy",
    "M/V {w} {w2}", "MV {x}", "{w} of the Seas", "{x} Princess", "{c} Correctional", "{l} Unit", "{c} County Jail", "{c} Food Bank", "{w} Village Apartments", "{w} Trailer Park", "{c} Care Home", "{w} Laundromat", "{l} Pharmacy", "{c} Pharmacy", "{w} Dental", "{c} Urgent Care",
)  # fmt: skip


def makers(slots: Slots) -> dict[str, Callable[[], Fragments]]:
    """All slots of this module."""
    return _low(slots) | _dates(slots) | _lands(slots)


def _low(slots: Slots) -> dict[str, Callable[[], Fragments]]:
    r, choice, sites, names = slots.random, slots.random.choice, slots.sites, slots.names

    def site() -> str:
        word = lambda: choice(slots.common).capitalize()  # noqa: E731
        return str(choice(_SITES)).format(
            w=word(),
            w2=word(),
            l=names.last(),
            c=sites.city(),
            x=coin(r),
            s=choice(("St ", "Saint ", "St. ")) + choice(slots.words["saints"]),
        )

    one: dict[str, tuple[str, Callable[[], str]]] = {
        "site": ("FACILITY", site), "lsite": ("FACILITY", lambda: site().lower()), "lco": ("FACILITY", lambda: sites.firm().lower()), "lplace": ("FACILITY", lambda: sites.place().lower()),
        "lcity": ("PLACE", lambda: sites.city().lower()), "lf": ("NAME", lambda: names.first().lower()), "ll": ("NAME", lambda: names.last().lower()), "lfl": ("NAME", lambda: f"{names.first()} {names.last()}".lower()),
        "lpf": ("NAME", lambda: slots.patient.first.lower()), "lpl": ("NAME", lambda: slots.patient.last.lower()), "lpfl": ("NAME", lambda: f"{slots.patient.first} {slots.patient.last}".lower()),
        "ldate": ("DATE", lambda: low_date(r)), "lphone": ("CONTACT", lambda: low_phone(r)), "nick": ("NAME", lambda: nickname(slots)),
    }  # fmt: skip
    return {slot: (lambda m=maker, k=label: [(m(), k)]) for slot, (label, maker) in one.items()}


def nickname(slots: Slots) -> str:
    """What somebody is called: a word, a shortened name, two letters, a word before a name."""
    r, choice = slots.random, slots.random.choice
    name, word = slots.names.first(), choice(slots.common).capitalize()
    return choice((word, name[:3], name[:4] + choice(("y", "ie", "o", "s")), f"{name[0]}{choice('JTKDCB')}", f"Big {name}", f"Lil {word}", f"{word} {name}", name[:2] * 2, coin(r), f"{name[:3]}{choice(('z', 'zy', 'kins'))}"))  # fmt: skip


def low_date(random: Random) -> str:
    """A day as one types it with a thumb: `aug 14`, `8 14`, `the 14th`, `14 of aug`, `tues the 6th`."""
    m, d, y = random.randint(1, 12), random.randint(1, 28), random.randint(18, 27)
    th = f"{d}{'th' if 10 <= d <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(d % 10, 'th')}"
    long, week = values.MONTHS[m - 1].lower(), random.choice(("mon", "tues", "weds", "thurs", "fri", "sat", "sunday", "monday"))
    return random.choice((
        f"{long[:3]} {d}", f"{long} {th}", f"{long} {d}", f"{long[:3]} {th}", f"{d} {long[:3]}", f"{th} of {long}", f"the {th}", f"{m}/{d}", f"{m}-{d}", f"{m} {d} {y}", f"{m}/{d}/{y}", f"{week} the {th}", f"{week} {m}/{d}",
        f"{week} {long[:3]} {d}", f"{long} {d} 20{y}", f"{long} 20{y}", f"{m}.{d}.{y}", f"{long[:3]}{d}",
    ))  # fmt: skip


def low_phone(random: Random) -> str:
    """A number as one types it with a thumb."""
    a, b, c = random.randint(201, 989), random.randint(200, 999), values.digits(random, 4)
    return random.choice((f"{a}{b}{c}", f"{a} {b} {c}", f"{b} {c}", f"{a}-{b}-{c}", f"{b}-{c}", f"{a}.{b}.{c}", f"0{a} {b}{c}", f"07{a} {b}{c[:3]}", f"1 {a} {b} {c}"))  # fmt: skip


def foreign_day(random: Random, land: str) -> str:
    """A day, with or without its year, in the spelling of a language."""
    month, year = random.randint(1, 12), random.randint(1945, 2027)
    name = _MONTHS[land].split()[month - 1]
    form = random.choice(_FORMS[land].split(";"))
    text = form.format(
        d=random.randint(1, 28), m=name, s=name[: 4 if land == "fr" else 3].rstrip("."), y=year, yy=f"{year % 100:02d}", n=month, w=random.choice(_DAYS.get(land, "-").split())
    )  # fmt: skip
    return text.upper() if random.random() < 0.03 else text.lower() if random.random() < 0.08 else text


def _dates(slots: Slots) -> dict[str, Callable[[], Fragments]]:
    return {f"{land}day": (lambda x=land: [(foreign_day(slots.random, x), "DATE")]) for land in _MONTHS}


def _lands(slots: Slots) -> dict[str, Callable[[], Fragments]]:
    """`{w_mm}` a whole name in the order of its people, `{a_mm}` the part that follows a form of address."""
    r = slots.random
    peoples = {land: [line.split(";") for line in lines] for land, lines in sections("abroad.txt").items()}

    def named(land: str, form: int) -> Fragments:
        given, family, *forms = peoples[land]
        g, h, k = r.sample(given, 3)
        f, e = r.sample(family, 2)
        return [(r.choice(forms[form]).format(g=g, h=h, k=k, f=f, e=e), "NAME")]

    made: dict[str, Callable[[], Fragments]] = {}
    for land in peoples:
        made[f"w_{land}"] = lambda x=land: named(x, 0)
        made[f"a_{land}"] = lambda x=land: named(x, 1)
    every = list(peoples)
    return made | {"w_any": lambda: named(r.choice(every), 0), "a_any": lambda: named(r.choice(every), 1)}
