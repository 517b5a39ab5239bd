"""Phrases to a trie, and the trie over a token stream: the longest phrase at every place, gaps allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

from core.reference.tokens import DROPPED, Token, normal, phrase_tokens

GAP = "~"
MAX_GAP = 3
_END = ""
_RESULTS = frozenset({"positive", "negative", "normal", "unremarkable", "clear", "elevated", "raised", "low", "absent"})
_NO_GAP_OVER = frozenset({"but", "no", "not", "deny", "denied", "denying", "without", "or", "nor", "negative", "w/o", "except", "never"})
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found: what it stands for and the token indices it used, ascending; gap tokens are not used."""

    values: tuple[str, ...]
    used: tuple[int, ...]


class Trie:
    """Phrases by their normalised tokens; one phrase may stand for several values.

    Phrases wait under their first word and become nodes when a text first holds that word: most never do.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[tuple[str, str]]] = {}
        self._nodes: dict[str, Node] = {}

    def add(self, value: str, phrases: Iterable[str]) -> None:
        """Add phrases for a value, with `a/b` alternatives and `~` gaps."""
        waiting, nodes = self._waiting, self._nodes
        for phrase in phrases:
            for first in _of_head(phrase.partition(" ")[0]) or _first_words(phrase):
                waiting.setdefault(first, []).append((phrase, value))
                if nodes:
                    nodes.pop(first, None)

    def _from(self, first: str) -> Node | None:
        waiting = self._waiting.get(first)
        if waiting is None:
            return None
        node = self._nodes.get(first)
        if node is None:
            # Published only when whole: another thread may be reading.
            node = _grown(first, waiting)
            self._nodes[first] = node
        return node

    def longest(self, tokens: Sequence[Token], start: int) -> Match | None:
        """The phrase beginning at a token that reaches furthest, or None."""
        node = self._from(tokens[start].norm)
        if node is None:
            return None
        best: Match | None = None
        for match in _walk(node, tokens, start + 1, (start,)):
            if best is None or (match.used[-1], len(match.used)) > (best.used[-1], len(best.used)):
                best = match
        return best

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """All matches in text order, without those that lie wholly inside a longer one."""
        found = [match for i in range(len(tokens)) if (match := self.longest(tokens, i)) is not None]
        found.sort(key=lambda m: -len(m.used))
        taken: list[frozenset[int]] = []
        kept = []
        owners: dict[int, list[int]] = {}
        for match in found:
            mine = frozenset(match.used)
            if not any(mine <= taken[k] for k in owners.get(match.used[0], ())):
                for index in mine:
                    owners.setdefault(index, []).append(len(taken))
                taken.append(mine)
                kept.append(match)
        return sorted(kept, key=lambda m: m.used)


def _grown(first: str, waiting: Sequence[tuple[str, str]]) -> Node:
    root: Node = {}
    for phrase, value in waiting:
        for words in _with_colon(expand(phrase)):
            if words[0] == first:
                _insert(root, words[1:], value)
    return root


def _insert(node: Node, words: Sequence[str], value: str) -> None:
    for word in words:
        node = node.setdefault(word, {})
    values = node.setdefault(_END, [])
    if value not in values:
        values.append(value)


def _first_words(phrase: str) -> Iterable[str]:
    """The first normalised tokens that a phrase may have."""
    return dict.fromkeys(words[0] for words in expand(phrase) if words)


@lru_cache(maxsize=20_000)
def _of_head(head: str) -> tuple[str, ...]:
    """The normal forms of a first word and its alternatives; none when it isn't made of plain words, and the phrase must be expanded."""
    choices = head.split("/") if "/" in head else (head,)
    for choice in choices:
        if len(choice) < 2 or not choice.isascii() or not choice.isalpha() or choice.lower() in DROPPED:
            return ()
    return tuple(dict.fromkeys(map(normal, choices)))


def _walk(node: Node, tokens: Sequence[Token], i: int, used: tuple[int, ...]) -> Iterator[Match]:
    if _END in node:
        yield Match(tuple(node[_END]), used)
    if i < len(tokens) and (child := node.get(tokens[i].norm)) is not None and tokens[i].norm != GAP:
        yield from _walk(child, tokens, i + 1, (*used, i))
    if (after_gap := node.get(GAP)) is not None:
        yield from _over_gap(after_gap, tokens, i, used)


def _over_gap(node: Node, tokens: Sequence[Token], i: int, used: tuple[int, ...]) -> Iterator[Match]:
    if _END in node:
        yield Match(tuple(node[_END]), used)
    for skip in range(MAX_GAP + 1):
        j = i + skip
        if j >= len(tokens):
            return
        if (child := node.get(tokens[j].norm)) is not None:
            yield from _walk(child, tokens, j + 1, (*used, j))
        if not tokens[j].word or tokens[j].norm in _NO_GAP_OVER:
            return


def expand(phrase: str) -> Iterable[tuple[str, ...]]:
    """The token sequences of a phrase: every choice of its alternatives."""
    if "/" not in phrase:
        return (phrase_tokens(phrase),)
    parts = [[phrase_tokens(choice) for choice in _choices(word)] for word in phrase.split()]
    return (tuple(token for part in choice for token in part) for choice in product(*parts))


def _with_colon(sequences: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    # Results are also written "rapid strep: negative".
    for words in sequences:
        yield words
        if len(words) > 1 and words[-1] in _RESULTS:
            yield (*words[:-1], ":", words[-1])


def _choices(word: str) -> list[str]:
    # `w/o` and `s/p` are words of their own.
    return [word] if len(word) == 3 and word[0].isalpha() and word[1] == "/" else word.split("/")
