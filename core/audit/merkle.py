"""The Merkle tree of RFC 9162, section 2.1, over SHA-256. Pure.

Leaves are numbered from 1, as entries are. Beside each leaf the store keeps one node: the hash of the largest perfect
subtree that ends with that leaf. From those nodes the tree's root of any size, and any proof, take O(log² n) look-ups.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32

Nodes = Callable[[int], bytes]  # leaf number → the node stored with it
Leaves = Callable[[int], bytes]  # leaf number → leaf hash


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def leaf_hashes(bodies: Iterable[bytes]) -> tuple[bytes, ...]:
    """The same of many. A copied hash is faster than a new one over a copied body."""
    begun, found = hashlib.sha256(b"\x00"), list[bytes]()
    for body in bodies:
        own = begun.copy()
        own.update(body)
        found.append(own.digest())
    return tuple(found)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a tree: enough to add leaves and to tell the root. Roots of perfect subtrees, largest first."""

    __slots__ = ("_edge", "size")

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size = size
        self._edge = list(edge)
        if len(self._edge) != size.bit_count():
            raise ValueError("a frontier has one node for each one-bit of its size")

    @classmethod
    def load(cls, size: int, nodes: Nodes) -> Frontier:
        """The frontier of a stored tree cut off after `size` leaves."""
        return cls(size, [nodes(end) for end in edge_ends(size)])

    def copy(self) -> Frontier:
        """One that can be moved on without moving this."""
        return Frontier(self.size, self._edge)

    def push(self, leaf: bytes) -> bytes:
        """Add a leaf; the value is the node to be stored with it."""
        edge, rest, node = self._edge, self.size, leaf
        while rest & 1:
            node, rest = hashlib.sha256(b"\x01" + edge.pop() + node).digest(), rest >> 1
        edge.append(node)
        self.size += 1
        return node

    def extend(self, leaves: Sequence[bytes]) -> list[bytes]:
        """Add many leaves; the value is their nodes. Fast when they are a power of two and begin at a multiple of it."""
        count = len(leaves)
        if count > 1 and not count & (count - 1) and not self.size % count:
            return self._extend_evenly(leaves)
        edge, size, nodes, sha256 = self._edge, self.size, [], hashlib.sha256
        for leaf in leaves:
            node, size, rest = leaf, size + 1, size
            while rest & 1:
                node, rest = sha256(b"\x01" + edge.pop() + node).digest(), rest >> 1
            edge.append(node)
            nodes.append(node)
        self.size = size
        return nodes

    def _extend_evenly(self, leaves: Sequence[bytes]) -> list[bytes]:
        """Level by level: a level's subtrees at odd places are the nodes of the leaves they end with."""
        level, width, nodes, sha256 = list(leaves), 1, list(leaves), hashlib.sha256
        while len(level) > 1:
            nodes[width - 1 :: 2 * width] = level[::2]
            pairs = map(b"".join, zip(repeat(b"\x01"), level[::2], level[1::2], strict=False))
            level = [sha256(pair).digest() for pair in pairs]
            width *= 2
        nodes[-1], rest = level[0], self.size // width
        while rest & 1:
            nodes[-1], rest = node_hash(self._edge.pop(), nodes[-1]), rest >> 1
        self._edge.append(nodes[-1])
        self.size += width
        return nodes

    def root(self) -> bytes:
        """The tree's root hash; that of no bytes when it is empty."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def edge_ends(size: int) -> list[int]:
    """The last leaf of each perfect subtree on the right edge, largest subtree first."""
    ends, end = [], 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            end += 1 << bit
            ends.append(end)
    return ends


class Tree:
    """Proofs over a stored tree. What it has looked up it keeps, for proofs share most of their hashes."""

    def __init__(self, nodes: Nodes, leaves: Leaves) -> None:
        self._nodes = nodes
        self._leaves = leaves
        self._known: dict[tuple[int, int], bytes] = {}

    def _subtree(self, first: int, last: int) -> bytes:
        """MTH of leaves first..last, which begin where one of the RFC's recursions does."""
        found = self._known.get((first, last))
        if found is None:
            found = self._known[first, last] = self._look_up(first, last)
        return found

    def _look_up(self, first: int, last: int) -> bytes:
        count = last - first + 1
        if count == 1:
            return self._leaves(last)
        if last & -last == count:  # the largest perfect subtree that ends here: the node stored with this leaf
            return self._nodes(last)
        cut = _split(count)
        return node_hash(self._subtree(first, first + cut - 1), self._subtree(first + cut, last))

    def root(self, size: int) -> bytes:
        """Root of the first `size` leaves."""
        return self._subtree(1, size) if size else EMPTY_ROOT

    def inclusion(self, number: int, size: int) -> list[bytes]:
        """The path from leaf `number` to the root of the first `size` leaves. Raises ValueError unless 1 ≤ number ≤ size."""
        if not 1 <= number <= size:
            raise ValueError("an inclusion proof needs a leaf within the tree")
        path: list[bytes] = []
        first, last = 1, size
        while first < last:
            cut = first + _split(last - first + 1) - 1
            if number <= cut:
                path.append(self._subtree(cut + 1, last))
                last = cut
            else:
                path.append(self._subtree(first, cut))
                first = cut + 1
        return path[::-1]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """That the tree of `old` leaves is the beginning of the tree of `new`. Raises ValueError unless 0 ≤ old ≤ new."""
        if not 0 <= old <= new:
            raise ValueError("a consistency proof goes from a smaller tree to a larger one")
        if old in (0, new):
            return []
        path: list[bytes] = []
        first, last = 1, new
        while last != old:
            cut = first + _split(last - first + 1) - 1
            if old <= cut:
                path.append(self._subtree(cut + 1, last))
                last = cut
            else:
                path.append(self._subtree(first, cut))
                first = cut + 1
        if first > 1:
            path.append(self._subtree(first, last))
        return path[::-1]


def inclusion_holds(number: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.3.2: whether the proof leads from the leaf to the root."""
    if not 1 <= number <= size:
        return False
    place, end, node = number - 1, size - 1, leaf
    for sibling in proof:
        if end == 0:
            return False
        if place & 1 or place == end:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, end = place >> 1, end >> 1
        else:
            node = node_hash(node, sibling)
        place, end = place >> 1, end >> 1
    return end == 0 and node == root


def consistency_holds(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the proof shows that nothing but appending came between the two roots."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new:
        return False
    path = [old_root, *proof] if not old & (old - 1) else list(proof)
    if not path:
        return False
    place, end = old - 1, new - 1
    while place & 1:
        place, end = place >> 1, end >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if end == 0:
            return False
        if place & 1 or place == end:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, end = place >> 1, end >> 1
        else:
            after = node_hash(after, sibling)
        place, end = place >> 1, end >> 1
    return end == 0 and before == old_root and after == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than count."""
    return 1 << ((count - 1).bit_length() - 1)
