"""A job fails with a message for people, and computes on the threads it was given."""

import logging

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info

from incomelens.common.errors import InputError, listed
from incomelens.common.jobs import job
from incomelens.common.progress import progress
from incomelens.common.tables import read_table, write_table


def test_an_input_error_ends_the_job_with_its_message_alone(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(SystemExit, match="1"), job(log):
        raise InputError("districts.csv: column 'geoid' is missing")
    text = log.read_text()
    assert "column 'geoid' is missing" in text
    assert "Traceback" not in text


def test_any_other_error_keeps_its_traceback_in_the_log(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(ZeroDivisionError), job(log):
        _ = 1 / 0
    assert "Traceback" in log.read_text()


def test_a_damaged_file_is_set_aside_for_the_next_run(tmp_path):
    log, table = tmp_path / "job.log", tmp_path / "cells.parquet"
    write_table(pd.DataFrame({"cell_id": ["a", "b"]}), table)
    table.write_bytes(table.read_bytes()[:-9])
    with pytest.raises(SystemExit, match="1"), job(log):
        read_table(table)
    assert not table.exists()
    assert (tmp_path / "cells.parquet.damaged").exists()
    assert "cells.parquet.damaged: run again" in log.read_text()


def test_what_is_logged_after_a_job_goes_where_it_went_before(tmp_path):
    root, log = logging.getLogger(), tmp_path / "job.log"
    level, handlers = root.level, list(root.handlers)
    with job(log) as logger:
        logger.info("inside")
        assert root.level == logging.INFO
    assert (root.level, root.handlers) == (level, handlers)
    logging.getLogger("incomelens").warning("outside")
    assert "inside" in log.read_text()
    assert "outside" not in log.read_text()


def test_threads_are_limited_inside_the_job_only(tmp_path):
    np.linalg.inv(np.eye(3))  # loads BLAS
    with job(tmp_path / "job.log", threads=1):
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_progress_tells_the_log_what_was_done(tmp_path):
    log = tmp_path / "job.log"
    with job(log):
        assert list(progress(iter("abc"), "letters")) == list("abc")
    assert "letters: 3 it in" in log.read_text()


def test_a_long_list_is_cut_and_counted():
    assert listed(range(7), most=3) == "0, 1, 2 (and 4 more)"
