"""A ledger: every claim held against one study, under all that the answer depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import numpy as np
import pandas as pd

from incomelens.paper import table as cells
from incomelens.paper.aerial.names import METHODS
from incomelens.paper.claims.claim import (
    CONTRADICTED,
    OPEN,
    SUPPORTED,
    Claim,
    S,
    Verdict,
    agreed,
    decided,
    settled,
)
from incomelens.paper.exhibit import Exhibit
from incomelens.paper.table import Table, rows
from incomelens.topology.hypotheses import q_values

NONE, EVERY_METHOD = "none", "all"
COUNTS = {SUPPORTED: "n_supported", CONTRADICTED: "n_contradicted", OPEN: "n_open"}
SAYS = {SUPPORTED: "yes", CONTRADICTED: "no", OPEN: "open"}
# So many cases of each kind are told below the table; all of them stand in a file of their own.
MOST_TOLD = 2
RULE = (
    "One rule for all verdicts. A case supports a claim where its 95 % interval allows no other "
    "answer, contradicts it where the interval excludes what is claimed, and is open otherwise; a "
    "range is supported only by an interval inside it. Where there is a test, q must be at most "
    "0.05, too (Benjamini–Hochberg over all P of this ledger, or of the hypothesis). A claim on "
    "every case is contradicted by one and supported by all; one on most cases, by more than half. "
    "It stays open as long as its open cases could turn it. Claims on maps are judged by every "
    "method that the study has, and decided only where these agree."
)


@dataclass(frozen=True)
class Ledger:
    """Judged claims.

    Parameters
    ----------
    claims : DataFrame
        One row a claim and setting: what it is, ``verdict``, how many cases of each kind, and
        ``evidence``, a few of them.
    cases : DataFrame
        One row a case, with ``p_value`` and ``q_value`` where it rests on a test.
    """

    claims: pd.DataFrame
    cases: pd.DataFrame

    @classmethod
    def judged(
        cls, claims: Sequence[Claim[S]], studies: Mapping[Any, S], *, by: Sequence[str]
    ) -> "Ledger":
        """Judge every claim in every study, as far as the answer depends on its setting.

        Parameters
        ----------
        claims : sequence of Claim
        studies : mapping
            The tables as they are read under each setting, such as (scheme, mode).
        by : sequence of str
            What the parts of a setting are. Where ``method`` is among them, a claim that depends on
            it gets a verdict of each and one of all.
        """
        answers: dict[tuple, tuple] = {}
        for claim in claims:
            for setting, study in studies.items():
                depends = {name: name in claim.asks.under for name in by}
                place = {
                    name: value if depends[name] else NONE
                    for name, value in zip(by, setting, strict=True)
                }
                key = (claim.id, *place.values())
                if key not in answers:
                    answers[key] = (claim, place, list(claim.asks.cases(study)))
        p_value = [case.p_value for _, _, cases in answers.values() for case in cases]
        q_value = iter(q_values(np.array(p_value, dtype=float)))
        verdicts, lines = [], []
        for claim, place, cases in answers.values():
            judged_cases = [
                {"id": claim.id, **place, "case": case.name, "verdict": decided(case, q)}
                | {"figures": case.figures, "p_value": case.p_value, "q_value": q}
                for case, q in zip(cases, islice(q_value, len(cases)), strict=True)
            ]
            verdicts.append(_judged(claim, place, judged_cases))
            lines += judged_cases
        columns = ["id", *by, "case", "verdict", "figures", "p_value", "q_value"]
        return cls(pd.DataFrame(_with_every_method(verdicts)), pd.DataFrame(lines, columns=columns))

    def exhibit(
        self,
        *,
        caption: str,
        notes: Sequence[str],
        columns: Mapping[str, Mapping[str, str]],
        schemes: Mapping[str, str],
    ) -> Exhibit:
        """Lay the ledger out: a row a claim and scheme of folds, a verdict a reading.

        Parameters
        ----------
        caption, notes
            Of the table; the rule, the counts and a note a claim come after the notes.
        columns : mapping
            What else the verdicts depend on (``mode`` or ``measure``), and the headings of its
            values, the first one also of claims that do not depend on it.
        schemes : mapping
            Names in print.
        """
        ((name, headings),) = columns.items()
        printed = self.claims.assign(
            column=self.claims[name].replace(NONE, next(iter(headings))).map(headings),
            folds=[{**schemes, NONE: ""}.get(scheme, scheme) for scheme in self.claims["scheme"]],
        )
        if "method" in printed:
            printed = printed[printed["method"].isin([EVERY_METHOD, NONE])]
        lines, details = [], {}
        for claim_id, rows_of_claim in printed.groupby("id", sort=False):
            details[len(lines)] = _told_of_claim(rows_of_claim)
            first = (claim_id, rows_of_claim["claim"].iloc[0])
            for place, (_, line) in enumerate(rows_of_claim.groupby("scheme", sort=False)):
                lines.append(_line(line, *(("", "") if place else first)))
        tallies = _tallies(printed)
        table = Table(
            numbers=self.claims,
            shown=pd.DataFrame(lines),
            caption=caption,
            notes=(*notes, RULE, *map(_sentence, tallies)),
            evidence=details,
            tallies=tallies,
        )
        return Exhibit(table, more={"cases": self.cases})


def _judged(claim: Claim, place: Mapping[str, str], cases: Sequence[Mapping]) -> dict[str, object]:
    verdicts = [case["verdict"] for case in cases]
    return (
        {"id": claim.id, "claim": claim.says, "where": claim.where, "rule": claim.rule}
        | {**place, "verdict": settled(verdicts, most=claim.most)}
        | {column: verdicts.count(verdict) for verdict, column in COUNTS.items()}
        | {"evidence": evidence(cases)}
    )


def _with_every_method(verdicts: Sequence[dict]) -> list[dict]:
    """Put what all methods share below their own verdicts on a claim."""
    together = []
    for _, group in groupby(verdicts, key=lambda row: row["id"]):
        rows_of_claim = list(group)
        together += rows_of_claim
        settings: dict[tuple, list[dict]] = {}
        for row in rows_of_claim:
            if row.get("method", NONE) != NONE:
                settings.setdefault((row.get("scheme"), row.get("measure")), []).append(row)
        together += map(_of_every_method, settings.values())
    return together


def _of_every_method(by_method: Sequence[dict]) -> dict[str, object]:
    """Verdict that all methods share, with what each of them says."""
    names = [METHODS.get(row["method"], row["method"]) for row in by_method]
    verdicts = (
        f"{name} {row['verdict']} ({_numbers(row)})"
        for name, row in zip(names, by_method, strict=True)
    )
    return (
        by_method[0]
        | {"method": EVERY_METHOD, "verdict": agreed(row["verdict"] for row in by_method)}
        | {column: sum(row[column] for row in by_method) for column in COUNTS.values()}
        | {"evidence": f"{', '.join(verdicts)}. {names[0]}: {by_method[0]['evidence']}"}
    )


def _numbers(row: Mapping) -> str:
    return " / ".join(str(row[column]) for column in COUNTS.values())


def evidence(cases: Sequence[Mapping]) -> str:
    """Tell a few cases of each kind, and how many there are."""
    parts = []
    for verdict in COUNTS:
        sentences = [_told(case) for case in cases if case["verdict"] == verdict]
        more = f"; and {len(sentences) - MOST_TOLD} more" if len(sentences) > MOST_TOLD else ""
        if sentences:
            parts.append(f"{len(sentences)} {verdict}: {'; '.join(sentences[:MOST_TOLD])}{more}.")
    return " ".join(parts) or "No case in this study."


def _told(case: Mapping) -> str:
    figures = f"{case['case']}: {case['figures']}" if case["case"] else case["figures"]
    return figures if np.isnan(case["q_value"]) else f"{figures}, q = {case['q_value']:.2g}"


def verdict_cell(verdict: Verdict) -> cells.Verdict:
    """A verdict as a cell of a table."""
    return cells.Verdict(str(verdict), SAYS[verdict])


def _line(line: pd.DataFrame, claim_id: str, says: str) -> dict[str, object]:
    folds = line["folds"].iloc[0] or float("nan")
    row_cells = {"No.": claim_id, "The paper claims": says, "Folds": folds}
    for place, (_, row) in enumerate(line.iterrows()):
        numbers = f"Cases, {row['column']}" if place else "Cases"
        row_cells |= {row["column"]: verdict_cell(row["verdict"]), numbers: _numbers(row)}
    return row_cells


def _told_of_claim(table: pd.DataFrame) -> str:
    """Where a claim stands, its rule, and what was found; equal things once."""
    first, many = table.iloc[0], len(set(table["column"])) > 1
    places: dict[str, list[str]] = {}
    for row in rows(table):
        where = ", ".join(filter(None, (row.column if many else "", row.folds))) or "Here"
        places.setdefault(f"{row.verdict}. {row.evidence}", []).append(where)
    findings = (f"{'; '.join(where)}: {what}" for what, where in places.items())
    return f"{first['where']}. Supported if: {first['rule']} {' '.join(findings)}"


def _tallies(printed: pd.DataFrame) -> list[dict[str, object]]:
    """How many claims came out which way, in each column, under the first folds (the paper's)."""
    first = next((scheme for scheme in printed["scheme"] if scheme != NONE), NONE)
    counted = printed[printed["scheme"].isin([NONE, first])]
    return [
        {"column": column, "folds": counted["folds"].max(), "claims": len(table)}
        | {str(verdict): int((table["verdict"] == verdict).sum()) for verdict in COUNTS}
        for column, table in counted.groupby("column", sort=False)
    ]


def _sentence(tally: Mapping) -> str:
    numbers = ", ".join(f"{tally[verdict]} {verdict}" for verdict in COUNTS)
    return (
        f"{tally['column']}: of {tally['claims']} claims {numbers} "
        f"(where folds matter: {tally['folds']})."
    )
