"""Invented dates, numbers, addresses and facilities, in the many shapes that notes give them."""

from __future__ import annotations

import unicodedata
from random import Random

MONTHS = "January February March April May June July August September October November December".split()
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def digits(random: Random, count: int) -> str:
    """So many digits."""
    return "".join(random.choice("0123456789") for _ in range(count))


def capitals(random: Random, count: int) -> str:
    """So many capital letters."""
    return "".join(random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(count))


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 <= day <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _month(random: Random, month: int) -> str:
    name = MONTHS[month - 1]
    return random.choice((name, name, name[:3], name[:3] + ".", "Sept" if month == 9 else name))


def full_date(random: Random, low: int = 2004, high: int = 2027) -> str:
    """A day with its year, in one of 34 spellings."""
    y, m, d = random.randint(low, high), random.randint(1, 12), random.randint(1, 28)
    mon, short, yy, th = _month(random, m), MONTHS[m - 1][:3], f"{y % 100:02d}", _ordinal(d)
    text = random.choice((
        f"{m:02d}/{d:02d}/{y}", f"{m}/{d}/{y}", f"{m}/{d}/{yy}", f"{m:02d}/{d:02d}/{yy}", f"{mon} {d}, {y}", f"{mon} {d} {y}",
        f"{mon} {th}, {y}", f"{mon} {th} {y}", f"{y}-{m:02d}-{d:02d}", f"{d} {mon} {y}", f"{d:02d} {mon} {y}", f"{th} {mon} {y}",
        f"{th} of {mon}, {y}", f"{th} of {mon} {y}", f"{d:02d}-{short}-{y}", f"{d}{short.upper()}{y}", f"{d:02d}-{short.upper()}-{yy}",
        f"{d}{short}{yy}", f"{m}-{d}-{yy}", f"{m:02d}-{d:02d}-{y}", f"{m}.{d}.{y}", f"{d}.{m}.{y}", f"{d:02d}.{m:02d}.{y}",
        f"{d:02d}.{m:02d}.{yy}", f"{d:02d}/{m:02d}/{y}", f"{y}/{m:02d}/{d:02d}", f"{y}{m:02d}{d:02d}", f"{mon} the {th}, {y}",
        f"{d} {mon} '{yy}", f"{m} / {d} / {y}", f"{short} {d}/{yy}", f"{y}.{m:02d}.{d:02d}", f"the {th} of {mon}, {y}", f"{mon}-{d}-{y}",
    ))  # fmt: skip
    return f"{random.choice(DAYS)}{random.choice((' ', ', '))}{text}" if random.random() < 0.05 else text


def short_date(random: Random) -> str:
    """A day without its year."""
    m, d = random.randint(1, 12), random.randint(1, 28)
    mon, short = _month(random, m), MONTHS[m - 1][:3]
    text = random.choice((
        f"{m}/{d}", f"{m}/{d}", f"{m:02d}/{d:02d}", f"{mon} {d}", f"{mon} {_ordinal(d)}", f"{d} {mon}", f"{_ordinal(d)} of {mon}",
        f"the {_ordinal(d)} of {mon}", f"{d}-{short}", f"{m}-{d}", f"{short.lower()} {d}", f"{d}{short.upper()}", f"{d}/{m}", f"{d}.{m}.",
    ))  # fmt: skip
    return f"{random.choice(DAYS)} {text}" if random.random() < 0.08 else text


def month_year(random: Random) -> str:
    """A month with its year."""
    y, m = random.randint(1985, 2027), random.randint(1, 12)
    mon = _month(random, m)
    return random.choice(
        (f"{mon} {y}", f"{mon} of {y}", f"{m}/{y}", f"{m:02d}/{y}", f"{mon}, {y}", f"{mon} '{y % 100:02d}", f"{m}/{y % 100:02d}")
    )


def phone(random: Random) -> str:
    """A telephone number of North America, the British Isles, Australia, India or elsewhere."""
    a, b, c = random.randint(201, 989), random.randint(200, 999), digits(random, 4)
    n = lambda count: digits(random, count)  # noqa: E731
    text = random.choice((
        f"({a}) {b}-{c}", f"({a}){b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"{a} {b} {c}", f"{a} {b}-{c}", f"{a}{b}{c}", f"+1 {a} {b} {c}",
        f"1-{a}-{b}-{c}", f"+1-{a}-{b}-{c}", f"+1 ({a}) {b}-{c}", f"{a}/{b}-{c}", f"{b}-{c}", f"{b}-{c}", f"+44 20 {n(4)} {n(4)}",
        f"020 {n(4)} {n(4)}", f"01{n(3)} {n(6)}", f"07{n(3)} {n(6)}", f"07{n(3)} {n(3)} {n(3)}", f"+353 {n(2)} {n(3)} {n(4)}", f"0{n(2)} {n(3)} {n(4)}",
        f"04{n(2)} {n(3)} {n(3)}", f"(0{n(1)}) {n(4)} {n(4)}", f"+91 {n(5)} {n(5)}", f"9{n(9)}", f"+{random.randint(20, 99)} {n(3)} {n(3)} {n(3)}",
        f"0{n(2)} {n(2)} {n(2)} {n(2)}", f"0{n(3)}-{n(6)}", f"+{random.randint(20, 99)}{n(9)}", f"({n(2)}) {n(2)} {n(2)} {n(2)} {n(2)}",
    ))  # fmt: skip
    return (
        text + random.choice((" x", " ext ", " ext. ", ", ext ", "x", " extn ")) + n(random.randint(2, 5))
        if random.random() < 0.12
        else text
    )


def record(random: Random) -> str:
    """An identifier of one of 26 shapes."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    shapes = (
        n(6), n(7), n(8), n(9), n(10), f"{n(3)}-{n(3)}-{n(3)}", f"{n(2)}-{n(5)}", f"{n(4)}-{n(4)}", c(1) + n(7), c(2) + n(6), c(3) + n(7),
        f"{c(2)}-{n(5)}", f"{c(3)}-{n(2)}-{n(5)}", n(3) + c(1) + n(4), f"{c(1)}{random.randint(18, 27)}-{n(5)}", n(random.randint(5, 12)),
        f"{n(3)} {n(3)} {n(4)}", f"{n(3)}-{n(2)}-{n(4)}", f"{c(2)}/{n(5)}/{random.randint(18, 27)}", f"{c(1)}-{n(4)}", f"{n(2)}-{c(2)}-{n(4)}",
        f"{c(4)}{n(4)}", f"{c(2)}{n(2)} {n(4)} {n(4)} {n(4)}", f"{n(4)} {n(4)} {n(4)}", f"{n(6)}{c(1)}", f"{c(2)} {n(2)} {n(2)} {n(2)} {c(1)}",
    )  # fmt: skip
    return random.choice(shapes)


def social(random: Random) -> str:
    """A social security number, whole or its end."""
    a, b, c = digits(random, 3), digits(random, 2), digits(random, 4)
    return random.choice((f"{a}-{b}-{c}", f"{a}-{b}-{c}", f"{a} {b} {c}", a + b + c, f"xxx-xx-{c}", f"***-**-{c}", f"XXX-XX-{c}", c))


def plate(random: Random) -> str:
    """A number plate."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    shapes = (
        f"{c(3)} {n(4)}", f"{c(3)}-{n(4)}", n(1) + c(3) + n(3), c(2) + n(2) + c(2), c(3) + n(3), f"{n(3)} {c(3)}", f"{n(3)}-{c(3)}",
        f"{c(2)}{n(2)} {c(3)}", f"{n(3)}-{c(1)}-{n(4)}", f"{c(2)} {n(2)} {c(2)} {n(4)}",
    )  # fmt: skip
    return random.choice(shapes)


def device(random: Random) -> str:
    """A serial, lot or device number."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    shapes = (
        c(3) + n(6) + c(1), c(2) + n(7), "SN" + n(8), f"{n(4)}-{n(5)}", f"{c(3)}-{n(6)}", n(8) + c(2), c(1) + n(2) + c(1) + n(5),
        f"(01){n(14)}(21){n(8)}", f"{c(2)}{n(4)}", f"{n(2)}{c(1)}{n(3)}",
    )  # fmt: skip
    return random.choice(shapes)


def plan(random: Random) -> str:
    """A health plan number; Medicare's shape among them."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    shapes = (
        c(3) + n(9), "W" + n(9), c(1) + n(8), n(11), f"{n(1)}{c(2)}{n(1)}-{c(2)}{n(1)}-{c(2)}{n(2)}", f"{n(1)}{c(1)}{n(2)}{c(1)}{n(2)}{c(2)}{n(2)}",
        c(2) + n(6) + c(1), f"{n(4)} {n(5)} {n(1)}", f"{c(3)} {n(3)} {n(3)} {n(3)}",
    )  # fmt: skip
    return random.choice(shapes)


def address_number(random: Random) -> str:
    """IPv4, IPv6 or MAC."""
    chance = random.random()
    if chance < 0.7:
        return ".".join(str(random.randint(1, 254)) for _ in range(4))
    if chance < 0.85:
        return ":".join(f"{random.randint(1, 65535):x}" for _ in range(8))
    return ":".join(f"{random.randint(0, 255):02X}" for _ in range(6))


def coordinates(random: Random) -> str:
    """A point on the map."""
    a, b = random.uniform(-89, 89), random.uniform(-179, 179)
    return random.choice((f"{a:.4f}, {b:.4f}", f"{abs(a):.5f} N, {abs(b):.5f} W", f"{a:.3f},{b:.3f}"))


def mailbox(random: Random, first: str, last: str, domains: list[str]) -> str:
    """An e-mail address of somebody."""
    a, b = (_plain(n) or "x" for n in (first, last))
    user = random.choice(
        (f"{a}.{b}", f"{a[0]}{b}", f"{a}{b[0]}{digits(random, 2)}", f"{b}_{a[0]}", a + digits(random, 4), f"{a}-{b}", b + a[0])
    )
    hosts = (
        "gmail.com",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "aol.com",
        "icloud.com",
        "nhs.net",
        random.choice(domains),
        b[:8] + "clinic.org",
    )
    return f"{user}@{random.choice(hosts)}"


def _plain(name: str) -> str:
    flat = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return "".join(c for c in flat if c.isalpha())


def link(random: Random, domains: list[str]) -> str:
    """A web address."""
    host = random.choice(domains)
    number = digits(random, 5)
    return random.choice(
        (f"https://{host}/patient/{number}", f"www.{host}", f"http://portal.{host}/id={number}", f"{host}/u{number}", host)
    )


def postcode(random: Random) -> str:
    """A ZIP code, now and then one of another country."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    if random.random() < 0.75:
        return n(5) if random.random() < 0.85 else f"{n(5)}-{n(4)}"
    return random.choice(
        (
            f"{c(2)}{n(1)} {n(1)}{c(2)}",
            f"{c(1)}{n(2)} {n(1)}{c(2)}",
            f"{c(1)}{n(1)}{c(1)} {n(1)}{c(1)}{n(1)}",
            n(4),
            n(6),
            f"{n(3)} {n(2)}",
            f"{c(1)}{n(2)} {c(2)}{n(2)}",
        )
    )


_WEEKDAYS = "mon tue wed thu fri sat sun tues weds thurs thur mo tu we th fr sa su m t w f monday tuesday wednesday thursday friday saturday sunday".split()


def weekday_number(random: Random, day: int = 0) -> str:
    """A weekday with the bare number of its day: `tues 5`, `WED 6`, `Fri12`."""
    name = random.choice(_WEEKDAYS[: 11 if random.random() < 0.75 else None])
    gap = random.choice((" ",) * 8 + ("", "-", ", ", "/"))
    return random.choice((name, name.upper(), name.capitalize())) + gap + str(day or random.randint(1, 31))


def weekday_span(random: Random) -> str:
    """Some days on end: `mon 3-fri 7`, `Sat 14/Sun 15`."""
    first, between = random.randint(1, 25), random.choice(("-", " - ", "/", " to ", " thru ", "–", " & ", "+"))
    second = first + random.randint(1, 5)
    return weekday_number(random, first) + between + (weekday_number(random, second) if random.random() < 0.7 else str(second))


def extension(random: Random) -> str:
    """An inside telephone's or a pager's number, bare: `4412`, `6-0412`, `72204`."""
    n = lambda count: digits(random, count)  # noqa: E731
    lead = random.choice("23456789")
    return random.choice(
        (
            n(4),
            n(4),
            n(4),
            lead + n(3),
            f"{lead}-{n(4)}",
            f"{lead}-{n(4)}",
            lead + n(4),
            f"{lead}-{n(3)}",
            n(3),
            f"*{n(4)}",
            f"#{n(4)}",
            f"{lead}{n(1)}-{n(4)}",
        )
    )


def tally(random: Random) -> str:
    """A kit's, bag's, seal's, badge's or locker's short number."""
    n, c = (lambda count: digits(random, count)), (lambda count: capitals(random, count))
    return random.choice(
        (
            n(4),
            n(5),
            n(6),
            n(3),
            c(1) + n(3),
            c(1) + n(4),
            f"{c(1)}-{n(3)}",
            f"{c(2)}-{n(4)}",
            f"{c(2)}{n(3)}",
            f"{n(2)}-{n(3)}",
            f"{n(4)}{c(1)}",
            f"#{n(4)}",
            f"{c(1)}{n(2)}-{n(2)}",
            f"{n(3)}/{n(2)}",
            f"{c(3)} {n(3)}",
            f"{c(2).lower()}{n(3)}",
            f"0{n(3)}",
        )
    )


def tallies(random: Random) -> list[str]:
    """Some of them in a run, of one shape, now and then counting on: `K-114`, `K-115`, `119`."""
    first = tally(random)
    if random.random() < 0.4:
        return [first, *("".join(_other(random, sign) for sign in first) for _ in range(random.randint(1, 5)))]
    tail = first[-2:] if first[-2:].isdigit() and first[-2:] < "90" else ""
    if not tail:
        return [first, tally(random)]
    numbers = [f"{int(tail) + step:02d}" for step in range(1, random.randint(2, 5))]
    whole = random.random() < 0.7
    return [first, *(first[:-2] + number if whole else number for number in numbers)]


def _other(random: Random, sign: str) -> str:
    return digits(random, 1) if sign.isdigit() else sign
