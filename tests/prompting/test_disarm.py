"""Model text disarmed: nothing to load or click survives, clinical text does."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.prompting.disarm import LINK_GONE, disarm


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("![x](https://e.example/a.png)", "x"),
        ("![](//e.example/?q=1)", ""),
        ("![x][ref]", "x"),
        ("[guide](https://e.example)", "guide"),
        ("[guide](javascript:alert(1))", "guide"),
        ("[guide](/a(b))", "guide"),
        ("[guide](/a((b)))", "[guide] (/a((b)))"),
        ("_www.e.example_ //e.example/x", f"_{LINK_GONE} {LINK_GONE}"),
        ("[PATIENT](https://e.example)", "[PATIENT]"),
        ("[3 days before](/x)", "[3 days before]"),
        ("[3 days before](about)", "[3 days before] (about)"),
        ("see https://e.example/a?b=c now", f"see {LINK_GONE} now"),
        ("see <https://e.example> now", f"see {LINK_GONE} now"),
        ("www.e.example", LINK_GONE),
        ("mail a.b@e.example today", f"mail {LINK_GONE} today"),
        ("<b>bold</b> <br/>", "bold "),
        ("<img src=x onerror=alert(1)", ""),
        ("<IMG\nSRC=//e.example>", ""),
        ("<scr<script>ipt>x", "x"),
        ("<x-y onclick='a'>t</x-y>", "t</x-y>"),
        ("a<!-- hidden -->b", "ab"),
        ("in\u200bvis\u202eible\x07", "invisible"),
        ("tag\U000e0041s", "tags"),
        ("[a](/b)(/c)", "a(/c)"),
        ("[![x](/y)](https://e.example)", f"[x] ({LINK_GONE})"),
    ],
)
def test_markup_is_removed(text: str, clean: str) -> None:
    """Each way to load, link, style or hide is taken out and its words stay."""
    assert disarm(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Hb <7 g/dL and WBC >12",
        "p<0.05; x < y > z",
        "if <a week of pain> consider",
        "[PATIENT] (aged 54) seen [3 days before]",
        "[RELATIVE_1: daughter] reports",
        "pain 3/10; BP 120/80; 2:1 block",
        "CT abdomen/pelvis; and/or MRI\n- item *x*",
        "data: image normal; ratio a:b",
        "Café – 5 µg × 2",
    ],
)
def test_clinical_text_stays(text: str) -> None:
    """Comparisons, tags, ratios, lists and typography are not markup."""
    assert disarm(text) == text


def test_endless_nesting_ends() -> None:
    """Markup wrapped in markup more often than there are passes loses its brackets altogether."""
    assert "<" not in disarm("<b" * 20 + "r>" * 20)


pieces = st.lists(
    st.sampled_from(
        [
            "[",
            "]",
            "(",
            ")",
            "!",
            "<",
            ">",
            "/",
            "img",
            "script",
            "=",
            "https://e.example",
            "www.",
            "a",
            " ",
            "<!--",
            "-->",
            "x@y.zz",
            "\u202e",
            "//",
        ]
    ),
    max_size=16,
).map("".join)


@given(pieces)
@settings(max_examples=300, deadline=None)
def test_disarming_twice_changes_nothing(text: str) -> None:
    """What is disarmed stays so: no pass uncovers new markup."""
    assert disarm(disarm(text)) == disarm(text)


@given(pieces)
@settings(max_examples=300, deadline=None)
def test_no_address_survives(text: str) -> None:
    """Whatever the pieces add up to, no scheme, image or active element is left."""
    clean = disarm(text).lower()
    assert not re.search(r"[a-z]://|www\.|<(?:img|script)[\s/>]|!\[|\]\(|\u202e", clean)


def test_hostile_repetition_stays_linear() -> None:
    """Long runs of half-open markup take well under a second."""
    start = time.process_time()
    for unit in ("[", "<", "![", "](", "<!--", "<img ", "<script>", "[a](", "a@", "a.", "www.", "<scr", "((", "http:"):
        disarm(unit * (20_000 // len(unit)))
    assert time.process_time() - start < 5
