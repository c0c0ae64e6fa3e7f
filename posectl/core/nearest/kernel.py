"""The compiled search: float32 rules out what is too far, float64 measures the rest.

The inner loop is written in LLVM's vectors. Left to itself LLVM unrolls a loop over eight lanes before it looks for
vectors, and ends five times slower. (It stands in the file of its caller because numba's cache watches no other.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from posectl.core.nearest.jit import compiled

LANES = 8
"""Points in a leaf, leaves in a twig, twigs in a branch: as many as are compared at once."""

TILE = 32
"""Queries that walk through a branch one after the other, while it is in the cache."""

MPJPE, L2, COSINE = 0, 1, 2

_LARGEST = np.finfo(np.float32).max

_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_INTS = ir.VectorType(ir.IntType(32), LANES)
_RELAXED = ("contract", "nnan", "nsz")


def _near(boxes: bool) -> Any:
    """near(block, query, rooted, reach, gaps): a bit mask of those of eight points (boxes) within reach of the query.

    block: (P, 8) points, or (2, P, 8) the lower and the upper corners of boxes; query (P,), P a multiple of 3; float32.
    Adds up, over the joints, the squared length of the gap to the query, or the length where `rooted`; the sums go to
    gaps (8,). When after three fifths of the joints no sum is within reach, it leaves them at that.
    """

    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        arrays = [make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 1, 4)]
        block, query, gaps = (array.data for array in arrays)
        rooted, reach = arguments[2:4]
        size = cgutils.unpack_tuple(builder, arrays[1].shape)[0]
        vector, zero = _FLOATS.as_pointer(), ir.Constant(_FLOATS, [0.0] * LANES)
        total = cgutils.alloca_once_value(builder, zero)
        root = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(_FLOATS, [_FLOATS]), f"llvm.sqrt.v{LANES}f32"
        )

        def number(value: int) -> ir.Value:
            return ir.Constant(size.type, value)

        def splat(scalar: ir.Value) -> ir.Value:
            one = builder.insert_element(ir.Constant(_FLOATS, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
            return builder.shuffle_vector(one, one, ir.Constant(_INTS, [0] * LANES))

        def larger(a: ir.Value, b: ir.Value) -> ir.Value:
            return builder.select(builder.fcmp_ordered(">", a, b, flags=_RELAXED[1:]), a, b)

        def lanes(row: ir.Value) -> ir.Value:
            place = builder.gep(block, [builder.mul(row, number(LANES))])
            return builder.load(builder.bitcast(place, vector), align=4)

        def gap(row: ir.Value) -> ir.Value:
            position = splat(builder.load(builder.gep(query, [row])))
            below = builder.fsub(lanes(row), position, flags=_RELAXED)
            if not boxes:
                return below
            above = builder.fsub(position, lanes(builder.add(row, size)), flags=_RELAXED)
            return larger(larger(below, above), zero)

        def squared_length(row: ir.Value) -> ir.Value:
            steps = [gap(builder.add(row, number(axis))) for axis in range(3)]
            x, y, z = (builder.fmul(step, step, flags=_RELAXED) for step in steps)
            return builder.fadd(builder.fadd(x, y, flags=_RELAXED), z, flags=_RELAXED)

        def add_up(first: ir.Value, last: ir.Value, rooted: bool) -> None:
            with cgutils.for_range_slice(builder, first, last, number(3), intp=size.type) as (row, _):
                length = squared_length(row)
                length = builder.call(root, [length]) if rooted else length
                builder.store(builder.fadd(builder.load(total), length, flags=_RELAXED), total)

        def sweep(first: ir.Value, last: ir.Value) -> None:
            with builder.if_else(rooted) as (roots, squares):
                with roots:
                    add_up(first, last, True)
                with squares:
                    add_up(first, last, False)

        def within() -> ir.Value:
            mask = builder.fcmp_ordered("<=", builder.load(total), splat(reach))
            return builder.zext(builder.bitcast(mask, ir.IntType(LANES)), ir.IntType(32))

        part = builder.mul(builder.udiv(size, number(5)), number(3))
        sweep(number(0), part)
        mask = cgutils.alloca_once_value(builder, within())
        with builder.if_then(cgutils.is_not_null(builder, builder.load(mask))):
            sweep(part, size)
            builder.store(within(), mask)
        builder.store(builder.load(total), builder.bitcast(gaps, vector), align=4)
        return builder.load(mask)

    def near(typing_context: Any, block: Any, query: Any, rooted: Any, reach: Any, gaps: Any) -> tuple[Any, Any]:
        return types.uint32(block, query, types.boolean, types.float32, gaps), emit

    return intrinsic(near)


def _lowest_bit(typing_context: Any, mask: Any) -> tuple[Any, Any]:
    def emit(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return builder.zext(builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1)), ir.IntType(64))

    return types.int64(types.uint32), emit


_near_points, _near_boxes = _near(boxes=False), _near(boxes=True)
_lowest: Any = intrinsic(_lowest_bit)


@compiled()
def _reach(distance: float, metric: int, size: int, slack: float) -> np.float32:
    """The largest sum that float32 can arrive at for a point at `distance`.

    Each rounding is a factor of 1 + 2^-24 at most, and no term goes through more than size + 8 of them (difference,
    square, root, additions). Twice that covers the product of so many factors, and the rounding of the reach itself.
    `slack` is what does not shrink with the distance (`tree._slack`). Past 2^60, where squares may overflow, there is
    no ruling out.
    """
    if metric == MPJPE:
        reach = distance * (size // 3)
    elif metric == L2:
        reach = distance
    else:
        reach = np.sqrt(2 * distance)
    reach = (reach + slack) * (1 + 2.0**-23 * (size + 8))
    if reach > 2.0**60:
        return np.float32(np.inf)
    return np.float32(reach if metric == MPJPE else reach * reach)


@compiled()
def _distance(row: np.ndarray, query: np.ndarray, metric: int) -> float:
    """In float64, one coordinate after the other, as `plain.distance` does."""
    total = 0.0
    if metric == MPJPE:
        for c in range(0, len(query), 3):
            x, y, z = query[c] - row[c], query[c + 1] - row[c + 1], query[c + 2] - row[c + 2]
            total += np.sqrt(x * x + y * y + z * z)
        return total / (len(query) // 3)
    for c in range(len(query)):
        x = query[c] - row[c]
        total += x * x
    return np.sqrt(total) if metric == L2 else total / 2


@compiled()
def _insert(distances: np.ndarray, indices: np.ndarray, distance: float, index: int) -> None:
    """Put a neighbour in its place among the k nearest, the last of which it drives out."""
    j = len(distances) - 1
    while j > 0 and (distance < distances[j - 1] or (distance == distances[j - 1] and index < indices[j - 1])):
        distances[j], indices[j] = distances[j - 1], indices[j - 1]
        j -= 1
    distances[j], indices[j] = distance, index


@compiled()
def _walk(
    tree: tuple[np.ndarray, ...],
    branch: int,
    query: np.ndarray,
    exact: np.ndarray,
    metric: int,
    slack: float,
    start: int,
    reach: np.float32,
    gaps: np.ndarray,
    distances: np.ndarray,
    indices: np.ndarray,
) -> np.float32:
    """Search one branch for one query; returns its new reach."""
    rows, order, duplicates, points, leaf_boxes, twig_boxes, _ = tree
    rooted = metric == MPJPE
    distance, measured = 0.0, -1
    near_twigs = _near_boxes(twig_boxes[branch], query, rooted, reach, gaps)
    while near_twigs:
        twig = branch * LANES + _lowest(near_twigs)
        near_twigs &= near_twigs - np.uint32(1)
        if twig >= len(leaf_boxes):
            break
        near_leaves = _near_boxes(leaf_boxes[twig], query, rooted, reach, gaps)
        while near_leaves:
            leaf = twig * LANES + _lowest(near_leaves)
            near_leaves &= near_leaves - np.uint32(1)
            if leaf >= len(points):
                break
            near_points = _near_points(points[leaf], query, rooted, reach, gaps)
            while near_points:
                point = leaf * LANES + _lowest(near_points)
                near_points &= near_points - np.uint32(1)
                if point >= len(order):
                    break
                # A reference may hold few points many times over: each is measured once.
                if measured != point - 1 or not duplicates[point]:
                    distance = _distance(rows[order[point]], exact, metric)
                measured, index = point, start + order[point]
                if distance < distances[-1] or (distance == distances[-1] and index < indices[-1]):
                    _insert(distances, indices, distance, index)
                    reach = _reach(distances[-1], metric, len(exact), slack)
    return reach


@compiled()
def _least(values: np.ndarray) -> int:
    least = 0
    for i in range(1, len(values)):
        if values[i] < values[least]:
            least = i
    return least


@compiled()
def search(
    tree: tuple[np.ndarray, ...],
    queries: np.ndarray,
    visits: np.ndarray,
    metric: int,
    slack: float,
    start: int,
    distances: np.ndarray,
    indices: np.ndarray,
    first: int,
    last: int,
) -> None:
    """Find the neighbours of queries[visits[first * TILE : last * TILE]] that are nearer than those found so far.

    tree: rows (M, D) as given; order and duplicates (M,); points (leaves, P, 8); the boxes of leaves, of twigs and of
    branches (., 2, P, 8).
    queries (N, D); visits (N,); slack as in `_reach`; start, the index of the first row. Updates distances and indices
    (N, k), sorted, in place.
    """
    rows, _, _, points, _, twig_boxes, branch_boxes = tree
    size, rooted = rows.shape[1], metric == MPJPE
    narrow = np.zeros((TILE, points.shape[1]), np.float32)
    wide = np.empty((TILE, size), np.float64)
    reach = np.empty(TILE, np.float32)
    gaps = np.empty((TILE, len(branch_boxes) * LANES), np.float32)
    closest = np.empty(len(twig_boxes), np.float32)
    unused = np.empty(LANES, np.float32)
    for tile in range(first, last):
        members = visits[tile * TILE : (tile + 1) * TILE]
        closest[:] = _LARGEST
        for i, query in enumerate(members):
            for c in range(size):
                wide[i, c] = narrow[i, c] = queries[query, c]
            reach[i] = _reach(distances[query, -1], metric, size, slack)
            for b in range(len(branch_boxes)):
                lanes = gaps[i, b * LANES : (b + 1) * LANES]
                _near_boxes(branch_boxes[b], narrow[i], rooted, np.float32(np.inf), lanes)
            for branch in range(len(closest)):
                closest[branch] = min(closest[branch], gaps[i, branch])
        # The closest branch first: what is found there rules most of the others out.
        for _ in range(len(closest)):
            branch = _least(closest)
            within = False
            for i, query in enumerate(members):
                if gaps[i, branch] <= reach[i]:
                    neighbours = distances[query], indices[query]
                    reach[i] = _walk(
                        tree, branch, narrow[i], wide[i], metric, slack, start, reach[i], unused, *neighbours
                    )
                within |= closest[branch] <= reach[i]
            if not within:
                break
            closest[branch] = np.inf  # visited: larger than any other
