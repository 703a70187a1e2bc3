"""Merkle trees against the vectors of RFC 9162's reference tree, and every path of every small tree."""

import hashlib

import pytest

from aldaba.crypto.merkle import leaf_hash, path_of, root_by_path, root_of

# The eight inputs and roots that Certificate Transparency's implementations test with.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of([leaf_hash(bytes.fromhex(one)) for one in INPUTS[:size]]).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == hashlib.sha256().digest()


@pytest.mark.parametrize("size", [*range(1, 34), 100])
def test_every_leaf_leads_to_the_root_and_to_no_other(size: int) -> None:
    tree = leaves(size)
    for index in range(size):
        path = path_of(tree, index)
        assert root_by_path(tree[index], index, size, path) == root_of(tree)
        assert root_by_path(leaf_hash(b"x"), index, size, path) != root_of(tree)
        assert root_by_path(tree[index], index, size, [*path, bytes(32)]) is None
        if path:
            assert root_by_path(tree[index], index, size, path[:-1]) is None
            assert root_by_path(tree[index], (index + 1) % size, size, path) != root_of(tree)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_place_outside_the_tree_has_no_path(index: int) -> None:
    with pytest.raises(IndexError):
        path_of(leaves(3), index)
    assert root_by_path(bytes(32), index, 3, []) is None
