"""Slots of what systems write: log-in names, hosts, files, implant marks, running codes, and identifiers as a bad scan reads them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from training.deid import codes, values
from training.deid.grammar import Fragments
from training.deid.wear import misread

if TYPE_CHECKING:
    from training.deid.slots import Slots

Makers = dict[str, Callable[[], Fragments]]
_MISREAD = {
    "ohosp": "hosp", "oplace": "place", "ocity": "city", "ostreet": "street", "oany": "any", "oanyl": "anyl", "oanyf": "anyf", "oanyr": "anyr", "opnf": "pnf", "oid": "id", "odob": "dob", "ofdate": "fdate", "ophone": "phone", "olid": "lid", "odr": "dr", "ozip": "zip", "oplan": "plan",
}  # fmt: skip
_WORDS = "scan;report;note;ct_chest;mri;echo;ecg;wound;consent;referral;labs;discharge;letter;xray;dosesheet;path;insurance card;op note;fax;vent".split(
    ";"
)
_HOSTS = (
    "?ws-99",
    "@@@-ws-999",
    "@@-srv-99",
    "LISPRD99",
    "LISTST9",
    "HL7GW9",
    "PACS-QA-9",
    "icu-mon-99",
    "pump-gw-9",
    "rx-cab-99",
    "?CUWS999",
    "prnt-9@-99",
    "db9.lab",
    "vm-9999",
    "EDKIOSK9",
    "WOW-99",
    "cart99",
)


def makers(slots: Slots) -> Makers:
    """All slots of this module."""
    r, choice = slots.random, slots.random.choice

    def plain() -> tuple[str, str]:
        """A first and a last name in small plain letters, as log-in names want them."""
        first, last = (
            "".join(c for c in name.lower() if c.isascii() and c.isalpha()) for name in (slots.names.first(), slots.names.last())
        )
        return first or "ana", last or "meyer"

    def login() -> str:
        (first, last), n = plain(), str(r.randint(1, 99))
        text = choice((
            first[0] + last + choice(("", n, str(r.randint(1, 4)))), first[0] + last + n, last + first[0] + n, first[0] + last[:5] + n.zfill(2), last[:6] + first[:2], f"{first}.{last}", f"{first[0]}.{last}{n}",
            f"{first[0]}_{last}", f"{last}_{first[0]}", f"{last}{n}", f"{first}{last[0]}", f"{last[:3]}{first[:3]}{n}", f"adm_{first[0]}{last}", f"{first[0]}{choice('abcdefjklmrst')}{last}", f"svc-{last}", f"{first[0]}{last}-rn",
        ))  # fmt: skip
        return text.upper() if r.random() < 0.3 else text

    def host() -> str:
        (first, last), n = plain(), r.randint(1, 40)
        return choice(
            (
                f"WS-{last.upper()}-{n:02d}",
                f"LT-{first[0].upper()}{last.upper()}",
                f"{last}-laptop",
                f"{first}s-iphone",
                f"{first[0]}{last}-mbp.local",
                f"PC{n:03d}-{last.upper()}",
                f"{last.upper()}{n}",
                f"dr-{last}-ipad",
            )
        )

    def file() -> str:
        (first, last), word, stamp = (
            plain(),
            choice(_WORDS).replace(" ", choice(("", "_", "-"))),
            f"20{r.randint(15, 27)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}",
        )
        record, case = values.digits(r, r.randint(5, 9)), choice((str.upper, str.title, str.lower, str.lower))
        stem = case(choice((
            f"{last}_{first}_{word}", f"{last}{first}_{stamp}", f"{word}_{last}_{first[0]}", f"{last}-{first}-{record}", f"mrn{record}_{word}", f"{record}_{last}", f"{word}-{record}", f"{stamp}_{last}_{word}", f"{last}.{first}.{word}",
            f"{record}-{stamp}-{word}", f"{first}_{last}_dob{stamp}", f"{word} {first} {last}", f"{last}{first[0]}{record[:4]}", f"{word}_{record}_v{r.randint(1, 4)}", f"mr_{record}_{first[0]}{last}",
        )))  # fmt: skip
        return stem + choice(
            (".pdf", ".pdf", ".dcm", ".docx", ".jpg", ".txt", ".tif", ".csv", ".xlsx", ".hl7", ".zip", ".PDF", ".xml", ".msg")
        )

    def cleanfile() -> str:
        word, n = (
            choice(
                (
                    *_WORDS,
                    "config",
                    "backup",
                    "firmware",
                    "template",
                    "protocol",
                    "orderset",
                    "formulary",
                    "interface",
                    "mapping",
                    "loinc_map",
                    "dictionary",
                )
            ).replace(" ", "_"),
            r.randint(1, 9),
        )
        return choice(
            (
                f"{word}_v{n}",
                f"{word}-blank",
                f"{word}_template",
                f"{word}.{n}",
                f"sample_{word}",
                f"{word}_rev{n}",
                f"default_{word}",
                word,
            )
        ) + choice((".pdf", ".ini", ".xml", ".cfg", ".log", ".bin", ".zip", ".xsd", ".csv", ".sql", ".dll"))

    def implant() -> str:
        day, lot, serial = (
            f"{r.randint(19, 31)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}",
            codes.shaped(r, ("999999", "?99999", "99??999", "9999999?")),
            codes.shaped(r, ("9999999", "??999999", "999999?", "?99-99999")),
        )
        gap = choice(("", "", " "))
        text = f"(01){values.digits(r, 14)}{gap}(17){day}{gap}" + choice((f"(10){lot}", f"(21){serial}", f"(10){lot}{gap}(21){serial}"))
        return choice(
            (
                text,
                text,
                text.replace("(", "").replace(")", ""),
                f"+{codes.shaped(r, ('?999', '?99?'))}{values.digits(r, 8)}/$${values.digits(r, 5)}{lot}",
                f"={codes.shaped(r, ('?9999999999999',))}=,{values.digits(r, 6)}",
            )
        )

    def running() -> Fragments:
        """Numbers that go on from the first: `K-1182, 1183, 85-88`, or without anything between."""
        start, prefix, many = (
            r.randint(100, 99000),
            choice(("", values.capitals(r, 1), values.capitals(r, 2) + "-", f"S{r.randint(19, 27)}-", values.capitals(r, 1) + " ")),
            r.randint(2, 5),
        )
        numbers = [start]
        for _ in range(many):
            numbers.append(numbers[-1] + r.randint(1, 4))
        if r.random() < 0.2:
            return [("".join(f"{prefix.strip()}{n}" for n in numbers[:4]), "ID")]
        separator, short = choice((", ", ",", "/", " ", "; ", " + ", "\n", "-", " & ")), r.random() < 0.4
        pieces: Fragments = [(f"{prefix}{start}", "ID")]
        for n in numbers[1:]:
            pieces += [(separator, "O"), (str(n)[-2:] if short else f"{prefix}{n}" if r.random() < 0.6 else str(n), "ID")]
        return pieces

    def broken() -> str:
        name = choice((f"{slots.names.first()} {slots.names.last()}", slots.names.last(), f"{slots.names.last()}, {slots.names.first()}"))
        at = r.randint(1, max(1, len(name) - 1))
        return name[:at].rstrip() + choice(("-\n", "\n", "\n  ", "-\n ", "\\\n")) + name[at:].lstrip()

    def spread(text: str) -> str:
        gap = choice((" ", " ", "  ", "."))
        return (gap + gap).join(gap.join(word) for word in (text.upper() if r.random() < 0.7 else text).split())

    def separated() -> Fragments:
        (first, last), mark = plain(), choice(("*", "*", "~", "|", "^", ";", "\t"))
        up = str.upper if r.random() < 0.85 else str.title
        tail: Fragments = [(mark, "O"), (choice("ABCDEJKLMRST"), "NAME")] if r.random() < 0.5 else []
        return [(up(last), "NAME"), (mark, "O"), (up(first), "NAME"), *tail]

    def instant() -> Fragments:
        y, m, d, clock = (
            r.randint(2016, 2027),
            r.randint(1, 12),
            r.randint(1, 28),
            f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}",
        )
        if r.random() < 0.35:
            return [(f"{y}-{m:02d}-{d:02d}T{clock}{choice(('Z', '', '.114Z', '+01:00', '-0500'))}", "DATE")]
        day = choice(
            (
                f"{y}-{m:02d}-{d:02d}",
                f"{y}-{m:02d}-{d:02d}",
                f"{m:02d}/{d:02d}/{y}",
                f"{y}{m:02d}{d:02d}",
                f"{values.MONTHS[m - 1][:3]} {d:2d}",
                f"{d:02d}/{values.MONTHS[m - 1][:3]}/{y}",
                f"{d:02d}.{m:02d}.{y}",
            )
        )
        return [(day, "DATE"), (f" {clock}{choice(('', '', f',{r.randint(100, 999)}', '.02'))}", "O")]

    one: dict[str, tuple[str, Callable[[], str]]] = {
        "login": ("ID", login), "hosti": ("ID", host), "hostn": ("O", lambda: codes.shaped(r, _HOSTS)), "fname": ("ID", file), "fclean": ("O", cleanfile), "udi": ("ID", implant), "brk": ("NAME", broken),
        "spreadh": ("FACILITY", lambda: spread(slots.sites.facility())), "spreadc": ("PLACE", lambda: spread(slots.sites.city())), "spreadid": ("ID", lambda: " ".join(values.digits(r, r.randint(5, 9)))),
        "hdob": ("DATE", lambda: f"{r.randint(1925, 2025)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"), "npi": ("ID", lambda: "1" + values.digits(r, 9)), "pad": ("ID", lambda: values.digits(r, r.randint(4, 7)).zfill(r.randint(8, 12))),
        "guid": ("ID", lambda: "-".join("".join(choice("0123456789abcdef") for _ in range(n)) for n in (8, 4, 4, 4, 12))), "mac": ("ID", lambda: ":".join(f"{r.randint(0, 255):02X}" for _ in range(6))),
        "serial": ("ID", lambda: codes.shaped(r, ("9999999", "??9999999", "?99999", "99-99999", "9999-999999", "??99?99999", "99999999?", "?9?9-9999", "9?9999", "???9999"))), "lotn": ("ID", lambda: codes.shaped(r, ("?99999", "999999", "9?999?", "99?99?99", "??9999", "9999?", "???9?", "L99999", "99-999"))),
        "errc": ("O", lambda: codes.shaped(r, ("E99", "ERR-9999", "0x9?9?", "W999", "F9.99", "code 999", "ORA-99999", "SQLSTATE 99999", "HTTP 599", "AE", "207", "E-99.9", "status 9", "alarm 99"))), "fwv": ("O", lambda: codes.shaped(r, ("9.9.9", "v9.9", "9.99.999", "9.9.9-b99", "99.9 build 999", "R9.9", "SW 9.99", "FW 9.9.9", "rev ?", "9.9 SP9"))),
        "refr": ("O", lambda: choice((f"{r.randint(1, 9)}.{r.randint(0, 9)}-{r.randint(10, 19)}.{r.randint(0, 9)}", f"{r.randint(1, 90)}-{r.randint(91, 400)}", f"<{r.randint(1, 50)}", f">={r.randint(1, 90)}", f"0.{r.randint(1, 9)}-1.{r.randint(0, 9)}", f"({r.randint(1, 40)} - {r.randint(41, 160)})"))),
        "uom": ("O", lambda: choice("mg/dL;mmol/L;g/dL;U/L;K/uL;x10^9/L;%;mEq/L;ng/mL;pg/mL;umol/L;mIU/L;sec;fL;/100 WBC;mL/min/1.73m2;ug/L;copies/mL;log10;ratio;mm/h".split(";"))),
        "make": ("O", lambda: choice("Alaris 8015;BD Alaris;Baxter Sigma Spectrum;Hospira Plum 360;CADD-Solis;Puritan Bennett 980;Drager Evita V500;Hamilton-C6;Servo-u;GE Carescape B650;Philips IntelliVue MX700;Welch Allyn;Masimo Rad-97;Zoll R Series;LIFEPAK 15;Nova StatStrip;i-STAT 1;ABL90 FLEX;Sysmex XN-1000;cobas 8000;Atellica;Vitros 5600;BACTEC FX;Prismaflex;Fresenius 2008T".split(";"))),
    }  # fmt: skip
    made: Makers = {slot: (lambda m=maker, k=label: [(m(), k)]) for slot, (label, maker) in one.items()}
    made |= {slot: (lambda b=base: _worn(slots.fill(b), r)) for slot, base in _MISREAD.items()}
    return made | {"runon": running, "x12": separated, "ts": instant}


def _worn(pieces: Fragments, random: Random) -> Fragments:
    return [(misread(text, random) if label != "O" and len(text) > 2 else text, label) for text, label in pieces]
