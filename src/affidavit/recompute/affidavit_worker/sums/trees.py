"""Shapley values of a sum of trees, for the interventional game, exactly.

A hybrid of a row x and a background row z reaches a leaf where every split on its way is passed by
the value that the hybrid has. So a leaf whose way asks about the players N needs some of x (X: z
would leave the way there), some of z (Z), and does not care about the rest; where both would leave
the way by the same player, no hybrid reaches it. The game "the value v, if X is in the set and Z is
not" has the Shapley values

    v (|X| - 1)! |Z|! / (|X| + |Z|)!      for each player of X,
   -v |X|! (|Z| - 1)! / (|X| + |Z|)!      for each player of Z

(Lundberg et al. 2020, From local explanations to global understanding with explainable AI for
trees, algorithm 3; Laberge & Pequignot 2022). They are summed over leaves, and averaged over the
background. Rows that leave the way by the same players are counted together, which makes it fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from .refusing import NotExact

MOST_PLAYERS = 62  # on one way through a tree: a bit of a 64-bit number each
Split = Callable[[int, Any], Any]


@dataclass(frozen=True)
class Tree:
    """One tree.

    Attributes:
        left, right: (n_nodes,): the nodes that follow; -1 in leaves. The root is node 0.
        column: (n_nodes,): of the matrix, that a node asks about.
        value: (n_nodes,): what a leaf adds to the output.
        goes_left: of a node and the values of its column: whether each goes left.
    """

    left: Any
    right: Any
    column: Any
    value: Any
    goes_left: Split


def attributions(trees: list[Tree], owner: Any, background: Any, rows: Any, n_players: int) -> Any:
    """(n_rows, n_players): what each player adds to each row's output.

    Args:
        trees: whose sum is the output.
        owner: (n_columns,): the player of each column of the matrix; -1: it is alike everywhere.
        background: (n_background, n_columns).
        rows: (n_rows, n_columns).
        n_players: how many there are.
    """
    columns = np.ascontiguousarray(np.concatenate([rows, background]).T)
    found = np.zeros((n_players, len(rows)))
    for tree in trees:
        for players, value, codes in _leaves(tree, owner, columns):
            if players and value:
                ours, theirs = codes[: len(rows)], codes[len(rows) :]
                found[players] += value * _of_leaf(ours, theirs, len(players))
    return found.T


def _leaves(tree: Tree, owner: Any, columns: Any) -> Iterator[tuple[list[int], float, Any]]:
    """Each leaf's players and value, and for each row the bits of those that leave its way."""
    start = np.zeros(columns.shape[1], dtype=np.int64)
    ahead: list[tuple[int, list[int], Any]] = [(0, [], start)]
    while ahead:
        node, players, codes = ahead.pop()
        if tree.left[node] < 0:
            yield players, float(tree.value[node]), codes
            continue
        column = tree.column[node]
        player = int(owner[column])
        is_left = tree.goes_left(node, columns[column])
        if player < 0:  # every row goes the same way
            ahead.append((int((tree.left if is_left[0] else tree.right)[node]), players, codes))
            continue
        asked = players if player in players else [*players, player]
        if len(asked) > MOST_PLAYERS:
            raise NotExact(f"a tree asks about more than {MOST_PLAYERS} features on one way")
        place = asked.index(player)
        bit = is_left.astype(np.int64) << place
        ahead.append((int(tree.right[node]), asked, codes | bit))
        ahead.append((int(tree.left[node]), asked, codes | (bit ^ (1 << place))))


def _of_leaf(ours: Any, theirs: Any, n: int) -> Any:
    """(n, n_rows): Shapley values of a leaf of value 1, mean over the background.

    Args:
        ours: (n_rows,): the bits of the players by which each row leaves the way.
        theirs: (n_background,): those of the background.
        n: of the players on the way.
    """
    (left, place), (right, count) = _distinct(ours), np.unique(theirs, return_counts=True)
    needs_z, needs_x = _bits(left, n), _bits(right, n)  # x leaves: z is needed; z leaves: x is
    n_z = needs_z.sum(axis=1).astype(np.int64)[:, None]
    n_x = needs_x.sum(axis=1).astype(np.int64)[None, :]
    share = ((left[:, None] & right[None, :]) == 0) * (count / len(theirs))
    gains, losses = _WEIGHT[n_x, n_z], _WEIGHT[n_z, n_x]
    found = (share * gains) @ needs_x - (share * losses).sum(axis=1)[:, None] * needs_z
    return np.asarray(found.T[:, place])


def _distinct(codes: Any) -> tuple[Any, Any]:
    values, place = np.unique(codes, return_inverse=True)
    return values, place.reshape(-1)


def _bits(codes: Any, n: int) -> Any:
    return ((codes[:, None] >> np.arange(n)) & 1).astype(np.float64)


def _weights() -> Any:
    """(a - 1)! b! / (a + b)! at [a, b]; 0 for no player.

    (a + b)! / ((a - 1)! b!) = a (a + b choose a).
    """
    size = MOST_PLAYERS + 1
    found = np.zeros((size, size))
    for a in range(1, size):
        for b in range(size):
            found[a, b] = 1 / (a * comb(a + b, a))
    return found


_WEIGHT = _weights()
