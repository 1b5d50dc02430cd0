"""What depends on the size of an image, as ONNX nodes that compute it from that size: grids, and means over cells."""

from iqa_cli.exporting.graph import Graph

FLOAT, INT64 = 1, 7  # as ONNX numbers them


def strides(g: Graph, side: str) -> str:
    """The length of C5 for a side in px, a vector of one: `iqa_cli.models.triq.feature_size`."""
    return g("Div", g("Add", side, [31]), [32])


def pool_size(g: Graph, rows: str, columns: str, most: int) -> tuple[str, str]:
    """Kernel of the smallest P x P pool that leaves at most `most` cells: `iqa_cli.models.triq.pool_size`."""
    pools = g("Add", g.range(g("Max", rows, columns)), [1])
    cells = [g("Max", g("Div", side, pools), [1]) for side in (rows, columns)]
    few = g("LessOrEqual", g("Mul", *cells), [most])
    pool = g("Add", g("ArgMax", g("Cast", few, to=INT64), axis=0, keepdims=1), [1])  # the first
    return g("Min", pool, rows), g("Min", pool, columns)


def block_maxima(g: Graph, x: str, channels: int, pool: tuple[str, str], grid: tuple[str, str]) -> str:
    """Maxima over blocks of `pool` px from the top left, (B, C, *grid); what fills none is left out."""
    for axis, (side, cells) in enumerate(zip(pool, grid, strict=True), start=2):
        x = g.part(x, 0, g("Mul", side, cells), axis=axis)
    x = g.reshape(x, 0, channels, grid[0], pool[0], grid[1], pool[1])
    return g("ReduceMax", x, axes=[3, 5], keepdims=0)


class Cells:
    """A grid over maps of one size; its cells overlap by one where they do not fit, as adaptive pooling has them."""

    def __init__(self, g: Graph, like: str, grid: tuple[str, str]):
        (self._down, rows), (self._across, columns) = (
            _members(g, g.size(like, axis), cells) for axis, cells in enumerate(grid, start=2)
        )
        self._across = g("Transpose", self._across, perm=[1, 0])
        self._counts = g("Mul", g("Unsqueeze", rows, [1]), g("Unsqueeze", columns, [0]))

    def mean(self, g: Graph, x: str) -> str:
        """Means of a map over the cells, (B, C, *grid)."""
        return g("Div", g("MatMul", self._down, g("MatMul", x, self._across)), self._counts)

    def mean_and_deviation(self, g: Graph, x: str) -> tuple[str, str]:
        """Mean and standard deviation over the cells: `iqa_cli.models.layers.mean_and_deviation`."""
        mean = self.mean(g, x)
        variance = g("Sub", self.mean(g, g("Mul", x, x)), g("Mul", mean, mean))
        return mean, g("Sqrt", g("Max", variance, 1e-6))


def _members(g: Graph, length: str, cells: str) -> tuple[str, str]:
    """Which of `length` places belong to each of `cells` cells, (cells, length) of 0 and 1, and how many do."""
    number, place = g.range(cells), g("Unsqueeze", g.range(length), [0])
    first = g("Div", g("Mul", number, length), cells)
    ends = g("Mul", g("Add", number, [1]), length)
    last = g("Div", g("Sub", g("Add", ends, cells), [1]), cells)
    after = g("GreaterOrEqual", place, g("Unsqueeze", first, [1]))
    before = g("Less", place, g("Unsqueeze", last, [1]))
    return g("Cast", g("And", after, before), to=FLOAT), g("Cast", g("Sub", last, first), to=FLOAT)
