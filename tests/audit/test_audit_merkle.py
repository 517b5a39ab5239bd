"""The tree of RFC 9162: against the RFC's own recursion, and its proofs against every forgery of a small tree."""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.audit.merkle import EMPTY_ROOT, Frontier, Tree, consistency_holds, inclusion_holds, leaf_hash

SIZE = 40
ALONE: dict[str, Any] = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "verify_bundle.py"))
DATA = [f"entry {number}".encode() for number in range(1, SIZE + 1)]


def mth(data: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


ROOTS = [mth(DATA[:size]) for size in range(SIZE + 1)]
LEAVES = [leaf_hash(body) for body in DATA]
_FRONTIER = Frontier()
NODES = [_FRONTIER.push(leaf) for leaf in LEAVES]
TREE = Tree(lambda number: NODES[number - 1], lambda number: LEAVES[number - 1])


def test_known_roots() -> None:
    """The vectors that other implementations of the RFC are tested with: the empty tree, one empty leaf, eight leaves."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    frontier = Frontier()
    roots = [frontier.root().hex()]
    for text in inputs:
        frontier.push(leaf_hash(bytes.fromhex(text)))
        roots.append(frontier.root().hex())
    assert roots[0] == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert roots[1] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[8] == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("size", range(SIZE + 1))
def test_roots_are_the_rfcs(size: int) -> None:
    """Built leaf by leaf, loaded from stored nodes, or looked up: the root is the recursion's, at every size."""
    grown = Frontier()
    for leaf in LEAVES[:size]:
        grown.push(leaf)
    loaded = Frontier.load(size, lambda number: NODES[number - 1])
    assert grown.root() == loaded.root() == TREE.root(size) == ROOTS[size]
    assert (EMPTY_ROOT, Frontier(0).root()) == (ROOTS[0], ROOTS[0])


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_every_inclusion_proof_holds_and_no_other(size: int) -> None:
    """For every leaf, by the product's code and by the document's own: it holds, and not for another leaf, place, root or length."""
    for number in range(1, size + 1):
        proof, leaf = TREE.inclusion(number, size), LEAVES[number - 1]
        for holds in (inclusion_holds, ALONE["inclusion_holds"]):
            assert holds(number, size, leaf, ROOTS[size], proof)
            assert not holds(number, size, LEAVES[number % SIZE], ROOTS[size], proof)
            assert not holds(number, size, leaf, ROOTS[size - 1], proof)
            assert not holds(number + 1, size, leaf, ROOTS[size], proof)
            assert not holds(number, size, leaf, ROOTS[size], [*proof, leaf])
            assert not proof or not holds(number, size, leaf, ROOTS[size], proof[:-1])


@pytest.mark.parametrize("new", range(SIZE + 1))
def test_every_consistency_proof_holds_and_no_other(new: int) -> None:
    """From every smaller tree: it holds, and not between other roots or with a hash more or less."""
    for old in range(new + 1):
        proof = TREE.consistency(old, new)
        for holds in (consistency_holds, ALONE["consistency_holds"]):
            assert holds(old, new, ROOTS[old], ROOTS[new], proof)
            assert not holds(old, new, LEAVES[0][::-1], ROOTS[new], proof)
            assert not holds(old, new, ROOTS[old], ROOTS[new], [*proof, ROOTS[old]])
            assert not (0 < old < new) or not holds(old, new, ROOTS[old], ROOTS[new - 1], proof)
            assert not proof or not holds(old, new, ROOTS[old], ROOTS[new], proof[:-1])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, SIZE), st.integers(1, SIZE), st.integers(0, 10_000))
def test_a_flipped_bit_breaks_a_proof(first: int, second: int, place: int) -> None:
    """Any bit of any hash of a proof matters."""
    number, size = sorted((first, second))
    proof = TREE.inclusion(number, size)
    if not proof:
        return
    at, bit = place % len(proof), place % 256
    flipped = bytearray(proof[at])
    flipped[bit // 8] ^= 1 << bit % 8
    proof[at] = bytes(flipped)
    assert not inclusion_holds(number, size, LEAVES[number - 1], ROOTS[size], proof)


@pytest.mark.parametrize(("number", "size"), [(0, 3), (4, 3), (1, 0)])
def test_proofs_outside_the_tree_are_refused(number: int, size: int) -> None:
    """There is no proof for what is not there."""
    with pytest.raises(ValueError, match="within the tree"):
        TREE.inclusion(number, size)
    with pytest.raises(ValueError, match="smaller tree to a larger"):
        TREE.consistency(size + 1, size)
