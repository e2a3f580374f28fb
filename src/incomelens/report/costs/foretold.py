"""Costs of planned jobs by stage, and where they are extrapolated or not measured."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from incomelens.common.errors import InputError, listed, present
from incomelens.report.costs.counts import counts_of
from incomelens.report.costs.growth import Growth, Point, growth
from incomelens.report.costs.measured import MEBIBYTE, Cost, Measured, read_costs
from incomelens.report.costs.planned import Job, planned_jobs
from incomelens.report.costs.sizes import Size, size_of

FAR = 2.0
"""Jobs so many times as large as the largest measured one are extrapolated; where it is not known
how a cost grows, those so many times smaller are named as well."""
HOUR_S, GIBIBYTE_MIB = 3600.0, 1024.0
MOST_NAMED = 6

Told = tuple[str, str]
"""A rule, and its kind."""


@dataclass
class Stage:
    """Costs of the jobs of one stage; what is None was not measured."""

    n_jobs: int = 0
    n_gpu: int = 0
    processor_s: float = 0.0
    gpu_s: float | None = None
    memory_mib: float = 0.0
    disk_mib: float = 0.0


@dataclass
class Foretold:
    """What a run will cost.

    Attributes
    ----------
    stages : mapping of str to Stage
    unmeasured : mapping
        Jobs without a measurement, which count as nothing, by rule.
    extrapolated : mapping
        Processor seconds of jobs far larger than any that was measured, and how far, by rule and
        kind.
    untold : mapping
        The same of jobs of other sizes than those measured, where the measurements do not tell how
        the cost grows, or not so far: it counts as if it grew no further.
    borrowed : mapping
        Jobs that are taken to cost what those of another kind cost, by rule and kind.
    """

    stages: dict[str, Stage] = field(default_factory=lambda: defaultdict(Stage))
    unmeasured: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    extrapolated: dict[Told, tuple[float, float]] = field(default_factory=dict)
    untold: dict[Told, tuple[float, float]] = field(default_factory=dict)
    borrowed: dict[Told, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def total(self) -> Stage:
        """All stages together; its memory is that of the largest job."""
        stages = self.stages.values()
        on_gpus = [stage.gpu_s for stage in stages if stage.n_gpu]
        known = [seconds for seconds in on_gpus if seconds is not None]
        return Stage(
            sum(stage.n_jobs for stage in stages),
            sum(stage.n_gpu for stage in stages),
            sum(stage.processor_s for stage in stages),
            sum(known) if len(known) == len(on_gpus) else None,
            max((stage.memory_mib for stage in stages), default=0.0),
            sum(stage.disk_mib for stage in stages),
        )

    @property
    def is_least(self) -> bool:
        """Whether the run will cost more than is told."""
        return bool(self.unmeasured or any(far > 1 for _, far in self.untold.values()))


def foretell(
    jobs: Sequence[Job],
    sizes: Sequence[Size],
    measured: Sequence[Measured],
    *,
    raw_mib: float | None = None,
) -> Foretold:
    """Foretell the costs of jobs from those of finished studies.

    Parameters
    ----------
    jobs : sequence of Job
    sizes : sequence of Size
        How large each is.
    measured : sequence of Measured
    raw_mib : float, optional
        What the raw files take, which the measurements of other files do not tell.
    """
    known = _Known([cost for one in measured for cost in one.costs])
    foretold = Foretold()
    for job, size in zip(jobs, sizes, strict=True):
        _add(foretold, job, size, known)
    if raw_mib is not None and "sources" in foretold.stages:
        foretold.stages["sources"].disk_mib = raw_mib
    return foretold


class _Known:
    """Growth of every cost of every kind of job, fitted once."""

    def __init__(self, costs: Sequence[Cost]) -> None:
        self._costs = defaultdict(list)
        for cost in costs:
            self._costs[cost.size.family].append(cost)
        self._fitted: dict[tuple, Growth | None] = {}

    def has(self, size: Size) -> bool:
        """Whether jobs of this kind were measured, be it beside others."""
        return any(cost.size.kind == size.kind for cost in self._costs[size.family])

    def growth(
        self, size: Size, cost: str, value: Callable[[Cost], float | None], *, gpu: bool = False
    ) -> Growth | None:
        """How a cost grows, by jobs of the kind, else of all kinds; None without any."""
        key = (size.family, size.kind, cost, gpu)
        if key not in self._fitted:
            of_rule = [
                one for one in self._costs[size.family] if one.gpu == gpu and value(one) is not None
            ]
            alike = [one for one in of_rule if one.size.kind == size.kind] or of_rule
            points = [
                Point(one.size.product(cost), present(value(one)), one.n_jobs) for one in alike
            ]
            least = min((present(value(one)) for one in of_rule), default=0.0)
            peak = cost == "memory"
            self._fitted[key] = growth(points, least=least, peak=peak) if points else None
        return self._fitted[key]


def _add(foretold: Foretold, job: Job, size: Size, known: _Known) -> None:
    stage, kind = foretold.stages[job.stage], (job.rule, size.kind)
    stage.n_jobs += 1
    stage.n_gpu += job.gpu
    processor = known.growth(size, "processor", lambda cost: cost.processor_s)
    if processor is None:
        foretold.unmeasured[job.rule] += 1
        return
    if not known.has(size):
        foretold.borrowed[kind] += 1
    work = size.product("processor")
    stage.processor_s += processor.at(work)
    times, grows = processor.times(work), processor.grows_to(work)
    if times > FAR or (times * FAR < 1 and not grows):
        place = foretold.extrapolated if grows else foretold.untold
        spent, far = place.get(kind, (0.0, 0.0))
        place[kind] = (spent + processor.at(work), max(far, times))
    memory = known.growth(size, "memory", lambda cost: cost.peak_memory_mib)
    if memory is not None:
        stage.memory_mib = max(stage.memory_mib, memory.at(size.product("memory")))
    disk = known.growth(size, "disk", lambda cost: cost.disk_mib)
    stage.disk_mib += disk.at(size.product("disk")) if disk else 0.0
    on_gpu = known.growth(size, "processor", lambda cost: cost.wall_s, gpu=True)
    if job.gpu and on_gpu is not None:
        stage.gpu_s = (stage.gpu_s or 0.0) + on_gpu.at(work)


def costs_told(
    targets: Sequence[str],
    *,
    snakefile: str | Path,
    configured: Mapping[str, Any],
    config: Mapping[str, Any],
    costs: str | Path,
    results: str | Path,
    looked: Mapping[str, int | None],
    raw_bytes: int,
) -> str:
    """Tell what is left to run of some targets, and what it will cost.

    Parameters
    ----------
    targets, snakefile, configured
        See :func:`incomelens.report.costs.planned.planned_jobs`.
    config, results, looked
        See :func:`incomelens.report.costs.counts.counts_of`.
    costs : path
        Folder of measured costs.
    raw_bytes : int
        Of raw files that are not there yet; 0 where the study makes them itself.

    Returns
    -------
    str
        A table of stages and notes; or why it cannot be told, which is no reason to end.
    """
    try:
        jobs = planned_jobs(targets, snakefile=snakefile, config=configured, everything=False)
    except InputError as error:
        return f"cannot be told: {error}"
    counts, measured = counts_of(config, results, looked=looked), read_costs(costs)
    sizes = [size_of(job, config, counts) for job in jobs]
    foretold = foretell(jobs, sizes, measured, raw_mib=raw_bytes / MEBIBYTE or None)
    return told(foretold, measured, assumed=counts.assumed)


def told(foretold: Foretold, measured: Sequence[Measured], *, assumed: Sequence[str] = ()) -> str:
    """Put it into a table of stages and what there is to say of it."""
    total = foretold.total
    if not total.n_jobs:
        return "nothing is left to run"
    head = ("stage", "jobs", "processor h", "GPU h", "memory GB", "disk GB")
    rows = [head, *((name, *_cells(stage)) for name, stage in foretold.stages.items())]
    rows.append(("at least" if foretold.is_least else "total", *_cells(total)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([*lines, *_notes(foretold, measured, assumed)])


def _cells(stage: Stage) -> tuple[str, ...]:
    on_gpu = "not measured" if stage.gpu_s is None else _number(stage.gpu_s / HOUR_S)
    return (
        f"{stage.n_jobs:,}",
        _number(stage.processor_s / HOUR_S),
        on_gpu if stage.n_gpu else "-",
        _number(stage.memory_mib / GIBIBYTE_MIB),
        _number(stage.disk_mib / GIBIBYTE_MIB),
    )


def _number(value: float) -> str:
    for least, form in ((100, ",.0f"), (10, ".1f"), (0.1, ".2f"), (0, ".3f")):
        if value >= least:
            return format(value, form)
    return str(value)


def _notes(foretold: Foretold, measured: Sequence[Measured], assumed: Sequence[str]) -> list[str]:
    whole = foretold.total.processor_s or inf
    notes = [f"measured: {_runs(measured) or 'nothing yet'}; hours are of such processors"]
    if foretold.total.n_gpu and foretold.total.gpu_s is None:
        notes.append(
            f"{foretold.total.n_gpu:,} jobs ask for a GPU; what they take on one was not measured, "
            "their processor hours are those without one"
        )
    for place, words in (
        (foretold.extrapolated, "extrapolated"),
        (
            foretold.untold,
            "measured too near one size to tell, counted as if costs grew no further",
        ),
    ):
        if place:
            share = sum(spent for spent, _ in place.values()) / whole
            notes.append(f"{words}, {100 * share:.0f} % of the hours: {_far(place)}")
    if foretold.borrowed:
        notes.append(
            "as measured with another network, methods or mode: "
            + listed(map(_named, foretold.borrowed), MOST_NAMED)
        )
    if foretold.unmeasured:
        each = [f"{rule} ({n:,})" for rule, n in foretold.unmeasured.items()]
        notes.append(f"not measured, counted as nothing: {listed(each, MOST_NAMED)}")
    if assumed:
        notes.append(f"assumed: {listed(assumed, MOST_NAMED)}")
    return notes


def _runs(measured: Sequence[Measured]) -> str:
    return ", ".join(
        f"{one.study} ({one.told['measured'][:10]}, {one.told['machine']['processor']})"
        for one in measured
    )


def _far(place: Mapping[Told, tuple[float, float]]) -> str:
    dearest = sorted(place.items(), key=lambda item: -item[1][0])
    return listed(
        (f"{_named(kind)} to {_number(far)} times its size" for kind, (_, far) in dearest),
        MOST_NAMED,
    )


def _named(kind: Told) -> str:
    return " of ".join(filter(None, kind))
