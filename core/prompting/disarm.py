"""Model output is hostile text: whatever a browser or a Markdown renderer could act on is taken out."""

from __future__ import annotations

import re

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
_MARKDOWN_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\(((?:[^()]|\([^()]*\))*)\)")
_MARKDOWN_REFERENCE = re.compile(r"!\[([^\[\]]*)\](?:\[[^\[\]]*\])?")
_SCHEME = r"[a-z][a-z0-9+.-]{0,20}://|(?<![\w:/])//(?=\w)|www\.|mailto:|(?:java|vb)script:|data:[a-z]+/"
_ADDRESS = re.compile(rf"<?(?:{_SCHEME})[^\s<>\"'\])}}]*>?|<?[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,5}}>?", re.I)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<![a-z][^<>]*>?|<\?[^<>]*\?>", re.I | re.S)
_HTML = re.compile(r"</?([a-z][a-z0-9:-]*)([^<>]*)(>?)", re.I)
_ACTIVE_WORDS = """
applet audio base body button embed form frame frameset head html iframe image img input link marquee math meta object
picture plaintext script select source style svg template textarea title track video xmp
"""
_PLAIN_WORDS = """
a abbr b big blockquote br center cite code dd del details div dl dt em font h1 h2 h3 h4 h5 h6 hr i ins kbd label li mark
ol p pre q s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var
"""
_ACTIVE, _PLAIN = frozenset(_ACTIVE_WORDS.split()), frozenset(_PLAIN_WORDS.split())
_LINK_SIGNS = re.compile(r"[:/.#?&=%@\\]")
_TAG_WORDS = re.compile(r"[A-Z][A-Z0-9_]+(?:: [\w -]{1,40})?|(?:about )?[\w ]{1,40}\b(?:before|after)|day -?\d+")
LINK_GONE = "(link removed)"
_MAX_PASSES = 8


def disarm(text: str) -> str:
    """The text without links, images, HTML, e-mail addresses and hidden characters; their words stay.

    Redaction tags and comparisons such as `<5` stay. What a pass uncovers the next one removes.
    """
    text = _HIDDEN.sub("", text)
    for _ in range(_MAX_PASSES):
        before, text = text, _one_pass(text)
        if text == before:
            return text
    return _ADDRESS.sub(LINK_GONE, re.sub(r"[<>\[\]]", "", text))


def _one_pass(text: str) -> str:
    text = _MARKDOWN_LINK.sub(_link_text, text)
    text = _MARKDOWN_REFERENCE.sub(lambda m: m[1], text)
    text = _ADDRESS.sub(LINK_GONE, text)
    text = _HTML.sub(_without_tag, _COMMENT.sub("", text))
    return text.replace("](", "] (").replace("![", "[")


def _link_text(found: re.Match[str]) -> str:
    image, words, target = found.groups()
    if not image and target and not _LINK_SIGNS.search(target):
        return found[0]
    return f"[{words}]" if _TAG_WORDS.fullmatch(words) else words


def _without_tag(found: re.Match[str]) -> str:
    name, rest, closed = found[1].lower(), found[2], found[3]
    bare = not rest.strip(" /\t\n")
    markup = name in _ACTIVE or (name in _PLAIN and bare and closed) or "=" in rest
    return "" if markup else found[0]
