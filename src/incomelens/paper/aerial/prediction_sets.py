"""Whether nine in ten cells have their income class in their 90 % set, and how large sets are."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from incomelens.paper.aerial.inputs import stacked
from incomelens.paper.aerial.names import (
    INCOME_CLASSES,
    MAIN,
    SCHEMES,
    check_cities,
    model_labels,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.names import folds_name
from incomelens.paper.table import Row, Table, Verdict, estimate, in_print_order, rows

METHODS = {
    "network": "the network’s own",
    "split": "conformal",
    "label_conditional": "conformal, by class",
}
PROMISED, TOLERATED = 0.9, 0.85
LEAST, LEAST_BLOCKS = 50, 10  # cells and blocks behind a verdict
MOST_NAMED = 6
NOTE = (
    "A set holds the most probable class and grows by the more probable of the two beside it, so "
    "that it has no gap (Lu et al. 2022): until the network’s probabilities reach 90 % (the "
    "network’s own), or to the threshold that holds the class of nine in ten cells of the other "
    "folds (conformal), or of those of the same class (conformal, by class). No cell is calibrated "
    "on itself. Coverage: share of cells whose class is in their set, in brackets 95 % intervals "
    "by resampling spatial blocks, for networks and thresholds as they are. Class 1 is the "
    "poorest; of blocks each counts once, however large. Sets of 4.5 classes on average would hold "
    "nine in ten of cells of which nothing is known."
)
VERDICTS = (
    f"Yes: the interval begins at {100 * TOLERATED:.0f} % or above and does not end below 90 %. "
    "Too few: it ends below 90 %. Open: it allows both, or has no length since all cells are held, "
    f"or there are fewer than {LEAST} cells or {LEAST_BLOCKS} blocks, for which it is too short. "
    "Each is judged alone: of forty that hold 90 % one is called too few by chance. "
    "All kinds of sets of other networks, coverage by predicted class, and intervals by class and "
    "by cell or unit stand in the CSV."
)
EXCHANGEABLE = {
    "random": "Under random folds cells are dealt out, so that conformal sets hold as far as the "
    "networks of the folds err alike: for a cell among cells of known class, its neighbours (and "
    "those that share its label) among them.",
    "group": "Under unseen units these are exchangeable as wholes, the cells in them are not.",
    "block": "Under spatial blocks these are exchangeable as wholes, at best: a block of its own "
    "kind has none to be calibrated on, and coverage over cells may miss 90 % either way.",
    "area": "Under an unseen area nothing is exchangeable: an area unlike the others is not held "
    "by what these tell, and coverage says of these areas how it went, of no other.",
}


def exhibit(
    coverage: Sequence[pd.DataFrame],
    *,
    names: Mapping[str, str],
    places: Sequence[tuple[str, str]],
    networks: Mapping[str, Mapping[str, str]],
) -> Exhibit:
    """Lay out coverage and size of the sets of every city, scheme and network.

    Parameters
    ----------
    coverage : sequence of DataFrame
        `inference/{city}/{scheme}/set_coverage.csv` of every city and scheme.
    """
    numbers = stacked(coverage, places, "coverage of prediction sets")
    check_cities(list(numbers["city"]), names)
    models = dict.fromkeys([*networks, *numbers["model"]])
    numbers = in_print_order(numbers, city=names, scheme=SCHEMES, model=models, method=METHODS)
    labels = model_labels(networks, numbers["model"])
    shown = pd.DataFrame([_line(key, group, names, labels) for key, group in _sets(numbers)])
    table = Table(
        numbers=numbers,
        shown=shown,
        caption="Coverage and size of 90 % sets of income classes, out of fold.",
        notes=(
            NOTE,
            VERDICTS,
            *(words for scheme, words in EXCHANGEABLE.items() if scheme in set(numbers["scheme"])),
            _failures(numbers, names),
        ),
        blocks="City and folds",
        decimals=dict.fromkeys(list(shown), 2) | {"n": 0, "Mean size": 1},
    )
    return Exhibit(table)


def verdict(row: Row) -> Verdict:
    """Judge one row of coverage, as the note on verdicts says it."""
    low, high = row.block_ci_low, row.block_ci_high
    few = row.n < LEAST or row.n_blocks < LEAST_BLOCKS
    # Where all or no cells are held so are those of every resample: that is no interval.
    if few or not low < high:
        return Verdict("open", "open")
    if high < PROMISED:
        return Verdict("too few", "no")
    return Verdict("yes", "yes") if low >= TOLERATED else Verdict("open", "open")


def _sets(numbers: pd.DataFrame) -> Iterable[tuple[tuple[str, ...], pd.DataFrame]]:
    """Sets of main by every method, those of other networks by one threshold."""
    shown = numbers[(numbers["model"] == MAIN) | (numbers["method"] == "split")]
    return shown.groupby(["city", "scheme", "model", "method"], sort=False)


def _line(
    key: tuple[str, ...],
    group: pd.DataFrame,
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> dict[str, object]:
    city, scheme, model, method = key
    by_group = {(row.grouping, row.group): row for row in rows(group.astype({"group": str}))}
    whole = by_group["all", "all"]
    classes = {
        f"Class: {number}": by_group["observed", str(number)].coverage for number in INCOME_CLASSES
    }
    return {
        "City and folds": f"{names[city]}, {folds_name(scheme)}",
        "Network": labels.get(model, model),
        "Set": METHODS[method],
        "n": whole.n,
        "Coverage": estimate(whole, "coverage", interval="block_ci"),
        "Holds 90 %": verdict(whole),
        **classes,
        "Blocks": estimate(by_group["block", "each once"], "coverage", interval="block_ci"),
        "Mean size": whole.mean_size,
    }


def _failures(numbers: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Where conformal sets hold too few, overall or of a class, named."""
    judged = numbers[
        (numbers["model"] == MAIN)
        & (numbers["method"] != "network")
        & numbers["grouping"].isin(["all", "observed"])
    ]
    missed = [row for row in rows(judged) if verdict(row).says == "no"]
    if not missed:
        return "No conformal set of the main network holds too few for sure, overall or of a class."
    missed.sort(key=lambda row: row.coverage)
    told = "; ".join(
        f"{names[row.city]}, {folds_name(row.scheme)}, {METHODS[row.method]}, "
        f"{'all cells' if row.grouping == 'all' else f'class {row.group}'}: {row.coverage:.2f}"
        for row in missed[:MOST_NAMED]
    )
    more = f"; and {len(missed) - MOST_NAMED} more" * (len(missed) > MOST_NAMED)
    return f"Too few also in conformal sets of the main network: {told}{more}."
