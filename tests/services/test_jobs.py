from __future__ import annotations

import asyncio

import pytest

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.progress import Progress, Report
from slmdesk.services.jobs import Jobs, JobState


async def test_a_job_reports_and_ends() -> None:
    jobs, seen = Jobs(), []

    async def work(report: Report) -> int:
        report(Progress(1, 4))
        await asyncio.sleep(0)
        return 7

    job = jobs.start("Count", work)
    job.changed.connect(lambda: seen.append((job.state, job.progress.fraction)))
    assert await job.wait() == 7
    await asyncio.sleep(0)
    assert job.state is JobState.DONE
    assert job.result == 7
    assert (JobState.RUNNING, 0.25) in seen


async def test_a_job_cancelled_before_its_first_step_is_cancelled() -> None:
    async def work(report: Report) -> None:
        raise AssertionError("never runs")

    jobs = Jobs()
    job = jobs.start("Never", work)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job.wait()
    assert job.state is JobState.CANCELLED
    assert jobs.running == []


async def test_a_failed_job_keeps_its_message_and_can_be_retried() -> None:
    attempts = []

    async def work(report: Report) -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise SlmdeskError("The disk is full.", "Free some space.")
        return "done"

    jobs = Jobs()
    job = jobs.start("Export", work)
    with pytest.raises(SlmdeskError):
        await job.wait()
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.hint == "Free some space."
    job.start()
    assert await job.wait() == "done"
    await asyncio.sleep(0)
    assert str(job.state) == "done"


@pytest.mark.expects_warnings
async def test_a_bug_in_a_job_becomes_a_message() -> None:
    async def work(report: Report) -> None:
        raise ZeroDivisionError("oops")

    jobs = Jobs()
    job = jobs.start("Divide", work)
    with pytest.raises(ZeroDivisionError):
        await job.wait()
    assert job.error is not None
    assert "Divide failed" in job.error.message


async def test_close_cancels_what_runs() -> None:
    jobs = Jobs()

    async def work(report: Report) -> None:
        await asyncio.sleep(60)

    job = jobs.start("Long", work)
    await asyncio.sleep(0)
    await jobs.close()
    assert job.state is JobState.CANCELLED
    jobs.clear()
    assert len(jobs) == 0
