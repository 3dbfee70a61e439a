"""The hash tree of the log: roots, inclusion and consistency proofs. Source: RFC 9162 section 2.1, SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from printserver.foundation.errors import IntegrityError

HASH_LENGTH: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class InclusionProofInvalid(IntegrityError):
    code = "inclusion-proof-invalid"


class ConsistencyProofInvalid(IntegrityError):
    code = "consistency-proof-invalid"


def leaf_hash(entry: bytes) -> bytes:
    """32 bytes. entry: canonical bytes, not yet hashed. Source: RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """32 bytes over two hashes of 32 bytes. Source: RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough for appending and for the root, in O(log size) memory."""

    __slots__ = ("_peaks", "size")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._peaks: list[bytes] = []
        self.extend(leaves)

    def append(self, leaf: bytes) -> None:
        """leaf: 32 bytes, from `leaf_hash`."""
        filled = self.size
        while filled & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            filled >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """32 bytes; for no leaves the hash of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def copy(self) -> Frontier:
        other = Frontier()
        other.size, other._peaks = self.size, self._peaks.copy()
        return other


class Tree:
    """Every complete subtree's hash, 64 bytes a leaf, so that any proof costs O(log size) look-ups."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels = [bytearray()]
        for leaf in leaves:
            self.append(leaf)

    def __len__(self) -> int:
        return len(self._levels[0]) // HASH_LENGTH

    def append(self, leaf: bytes) -> None:
        """leaf: 32 bytes, from `leaf_hash`. Two hashes a leaf on average, at most log2(size)."""
        self._levels[0] += leaf
        level = 0
        while len(self._levels[level]) % (2 * HASH_LENGTH) == 0:
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            pair = self._levels[level][-2 * HASH_LENGTH :]
            self._levels[level + 1] += hashlib.sha256(b"\x01" + pair).digest()
            level += 1

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves, or over all. Raises: ValueError beyond the tree."""
        return self._range_root(0, self._known(size))

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Sibling hashes, leaf end first. index: 0-based, < size. Source: RFC 9162 section 2.1.3.1."""
        size = self._known(size)
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} in a tree of {size}")
        proof, begin, end = [], 0, size
        while end - begin > 1:
            middle = begin + _split(end - begin)
            if index < middle:
                proof.append(self._range_root(middle, end))
                end = middle
            else:
                proof.append(self._range_root(begin, middle))
                begin = middle
        return tuple(reversed(proof))

    def consistency_proof(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Proof that the first `old_size` leaves were only appended to. 0 < old_size <= size.

        Empty when the sizes are equal. Source: RFC 9162 section 2.1.4.1.
        """
        size = self._known(size)
        if not 0 < old_size <= size:
            raise ValueError(f"a tree of {size} does not extend a tree of {old_size}")
        proof, begin, end, whole = [], 0, size, True
        while old_size != end:
            middle = begin + _split(end - begin)
            if old_size <= middle:
                proof.append(self._range_root(middle, end))
                end = middle
            else:
                proof.append(self._range_root(begin, middle))
                begin, whole = middle, False
        if not whole:
            proof.append(self._range_root(begin, end))
        return tuple(reversed(proof))

    def _known(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise ValueError(f"the tree has {len(self)} leaves, not {size}")
        return size

    def _complete(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][index * HASH_LENGTH : (index + 1) * HASH_LENGTH])

    def _range_root(self, begin: int, end: int) -> bytes:
        """Root over leaves `begin` up to `end`; `begin` is where a subtree of a larger tree starts."""
        peaks = [self._complete(level, index) for level, index in _complete_subtrees(begin, end)]
        if not peaks:
            return EMPTY_ROOT
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def verify_inclusion(entry: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Prove that `entry` is number `index` of the log with head (`size`, `root`).

    entry: canonical bytes, not yet hashed.   index: 0-based, < size.
    proof: sibling hashes, 32 bytes each, leaf end first.
    root: 32 bytes from a signed head, never from the caller's request.
    Raises InclusionProofInvalid; returns nothing, so success cannot be misread.
    Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size or any(len(step) != HASH_LENGTH for step in proof):
        raise InclusionProofInvalid("the inclusion proof is malformed")
    place, last, computed = index, size - 1, leaf_hash(entry)
    for sibling in proof:
        if last == 0:
            raise InclusionProofInvalid("the inclusion proof is too long")
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or computed != root:
        raise InclusionProofInvalid("the entry is not at this place of the log")


def verify_consistency(old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Prove that the log with head (`size`, `root`) only appended to the one with head (`old_size`, `old_root`).

    0 < old_size <= size.   proof: 32 bytes each, from `Tree.consistency_proof`.
    Raises ConsistencyProofInvalid; returns nothing. Source: RFC 9162 section 2.1.4.2.
    """
    if not 0 < old_size <= size or any(len(step) != HASH_LENGTH for step in proof):
        raise ConsistencyProofInvalid("the consistency proof is malformed")
    if old_size == size:
        if proof or old_root != root:
            raise ConsistencyProofInvalid("two heads of the same size differ")
        return
    if not proof:
        raise ConsistencyProofInvalid("the consistency proof is empty")
    steps = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ConsistencyProofInvalid("the consistency proof is too long")
        if place & 1 or place == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while place & 1 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, step)
        place, last = place >> 1, last >> 1
    if last != 0 or old != old_root or new != root:
        raise ConsistencyProofInvalid("the later log is no continuation of the earlier one")


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (> 1)."""
    return 1 << (size - 1).bit_length() - 1


def _complete_subtrees(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the complete subtrees that tile `begin`..`end`, largest first."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level
