"""The tables of the stage: sums of the maps, of every turn's map, and on other tiles' land."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from incomelens.attribution.scores import TARGETS
from incomelens.attribution.zonal import TileSums
from incomelens.cells.urban_classes import land_use_list
from incomelens.common.contracts import check_written, columns
from incomelens.common.errors import InputError
from incomelens.common.files import whole_file

PAIRINGS = pa.schema(
    {
        "cell_id": pa.string(),
        "ses": pa.string(),
        "method": pa.string(),
        "urban_class": pa.string(),
        "stratum": pa.string(),
        "place": pa.int32(),
        "activation_sums": pa.list_(pa.float32()),
    }
)
SCHEMAS = {
    "pairings": PAIRINGS,
    "point_pairings": PAIRINGS.append(pa.field("points", pa.string())),
}


@dataclass(frozen=True)
class Part:
    """What is told of some tiles.

    Attributes
    ----------
    sums : DataFrame
        See :func:`sums_table`.
    turns : DataFrame
        Of the map of every turn of the image, turned back. The first is the image as it is, whose
        map is the released one; sums of the mean map are the means of these.
    pairings : DataFrame
        See :func:`pairing_table`.
    points, point_pairings : DataFrame
        Sums and pairings on the discs around annotated points, their kind in the column ``points``;
        empty where there are none.
    """

    sums: pd.DataFrame
    turns: pd.DataFrame
    pairings: pd.DataFrame
    points: pd.DataFrame = field(default_factory=lambda: no_points())
    point_pairings: pd.DataFrame = field(default_factory=lambda: no_pairings().assign(points=""))


PARTS = tuple(one.name for one in fields(Part))


def sums_table(
    cells: pd.DataFrame,
    sums: TileSums,
    *,
    model_fold: int,
    methods: Sequence[str],
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Long table of the sums of some tiles: one row a cell, method, target, class and transform.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id`` and ``fold`` of the tiles, in their order.
    sums : TileSums
        Maps in the order of methods and, within each, of targets.
    model_fold : int
        Fold of the network that made the maps.
    methods : sequence of str
    names : sequence of str, optional
        Of the classes; by default those of the study's list.

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}.parquet``. Classes that a tile does not have give no
        row, and a tile without any class of the list gives none at all. A tile whose map is empty
        has sums of 0.
    """
    tile, urban_class = np.nonzero(sums.area_share)
    table = _long(cells, sums, model_fold, methods, layer="transform", names=names)
    n_rows = len(table) // max(len(tile), 1)
    table["area_share"] = np.repeat(sums.area_share[tile, urban_class], n_rows)
    table["excluded_share"] = np.repeat(sums.excluded_share[tile], n_rows)
    return table


def turn_table(
    cells: pd.DataFrame,
    sums: TileSums,
    *,
    model_fold: int,
    methods: Sequence[str],
    turns: Sequence[int],
) -> pd.DataFrame:
    """Long table of the sums of every turn's map; see :class:`Part`.

    Parameters are those of :func:`sums_table`, with the `turns` that stand along the axis of
    transforms.
    """
    table = _long(cells, sums, model_fold, methods, layer="turn")
    return table.assign(turn=np.asarray(turns, dtype=np.int8)[table["turn"]])


def pairing_table(
    cells: pd.DataFrame,
    paired: NDArray[np.float64],
    area_share: NDArray[np.float64],
    *,
    stratum: str,
    methods: Sequence[str],
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Sums of all maps of a stratum over the land of each of its tiles.

    Parameters
    ----------
    cells : DataFrame
        ``cell_id`` and ``ses`` (one for all) of the tiles of the stratum.
    paired : array of shape (n, n, n_methods, n_classes)
        Of the maps of their SES; see :func:`incomelens.attribution.zonal.paired_sums`.
    area_share : array of shape (n, n_classes)
    stratum : str
        Its name.
    methods : sequence of str
    names : sequence of str, optional
        As for :func:`sums_table`.

    Returns
    -------
    DataFrame
        Table ``attribution/{city}/{scheme}-pairings.parquet``: one row a tile, method and urban
        class of its land, with a list of the sums of the maps of all tiles of the stratum there, in
        the order of their places.
    """
    classes = np.asarray(names or land_use_list().names, dtype=object)
    tile, urban_class = np.nonzero(area_share)
    lists = paired[:, tile, :, urban_class].transpose(0, 2, 1).reshape(-1, len(cells))
    n_methods = len(methods)
    return pd.DataFrame(
        {
            "cell_id": np.repeat(cells["cell_id"].to_numpy()[tile], n_methods),
            "ses": np.repeat(cells["ses"].to_numpy()[tile], n_methods),
            "method": np.tile(np.asarray(methods, dtype=object), len(tile)),
            "urban_class": np.repeat(classes[urban_class], n_methods),
            "stratum": stratum,
            "place": np.repeat(tile.astype(np.int32), n_methods),
            "activation_sums": list(lists.astype(np.float32)),
        }
    )


def no_points() -> pd.DataFrame:
    """A table of sums on discs without rows."""
    return pd.DataFrame(columns=columns("attribution/{city}/{scheme}-points.parquet"))


def no_pairings() -> pd.DataFrame:
    """A table of pairings without rows."""
    return PAIRINGS.empty_table().to_pandas()


def write_parts(parts: Iterable[Part], paths: Mapping[str, str | Path]) -> int:
    """Write parts one after the other into a Parquet file for each table, all whole or none.

    Parameters
    ----------
    parts : iterable of Part
        Only one is in memory at a time.
    paths : mapping
        File of each table, by its name in :class:`Part`; the others are not written.

    Returns
    -------
    int
        Rows of the first of them.

    Raises
    ------
    InputError
        If there are no parts.
    """
    n_rows = 0
    with ExitStack() as files:
        beside = {name: files.enter_context(whole_file(path)) for name, path in paths.items()}
        writers: dict[str, pq.ParquetWriter] = {}
        for part in parts:
            for name, place in beside.items():
                check_written(getattr(part, name), paths[name])
                schema = SCHEMAS.get(name)
                table = pa.Table.from_pandas(getattr(part, name), schema, preserve_index=False)
                if name not in writers:
                    writers[name] = files.enter_context(pq.ParquetWriter(place, table.schema))
                writers[name].write_table(table)
                n_rows += table.num_rows if name == next(iter(paths)) else 0
        if not writers:
            first = next(iter(paths.values()))
            raise InputError(f"{first}: there are no cells to explain; expected at least one")
    return n_rows


def _long(
    cells: pd.DataFrame,
    sums: TileSums,
    model_fold: int,
    methods: Sequence[str],
    *,
    layer: str,
    names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """One row a tile, class that it has, layer of the sums, method and target."""
    tile, urban_class = np.nonzero(sums.area_share)
    # (present, n_layers, n_maps) with maps last: methods, then targets.
    present = sums.activation[tile, :, :, urban_class]
    n_layers, n_maps = present.shape[1:]
    of_map = np.arange(n_maps)

    def each(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, n_layers * n_maps)

    def within(values: np.ndarray) -> np.ndarray:
        return np.tile(values, len(tile))

    return pd.DataFrame(
        {
            "cell_id": each(cells["cell_id"].to_numpy()[tile]),
            "fold": each(cells["fold"].to_numpy()[tile]),
            "model_fold": model_fold,
            "method": _category(within(np.tile(of_map // len(TARGETS), n_layers)), methods),
            "target": _category(within(np.tile(of_map % len(TARGETS), n_layers)), TARGETS),
            "urban_class": _category(each(urban_class), names or land_use_list().names),
            layer: within(np.repeat(np.arange(n_layers, dtype=np.int8), n_maps)),
            "activation_sum": present.ravel(),
        }
    ).astype({"cell_id": "str", "fold": "int64", "model_fold": "int64"})


def _category(codes: np.ndarray, names: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=list(names))
