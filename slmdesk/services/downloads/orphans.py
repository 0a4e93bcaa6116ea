"""Parts that lie in the models folder but that the queue does not know, and what a plan must be to be fetched."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from slmdesk.core.errors import DownloadError, SlmdeskError
from slmdesk.core.remote import DownloadPlan, DownloadState
from slmdesk.core.repository import check_paths, path_problem
from slmdesk.services.downloads.queue import Queue
from slmdesk.services.hub import Hub
from slmdesk.storage.downloads import Queued, plan_from

log = logging.getLogger(__name__)


async def adopt(hub: Hub, queue: Queue, root: Path) -> None:
    """Queue, as paused, every download of which parts lie below ``root`` but that the database forgot."""
    if not await asyncio.to_thread(_has_parts, root):
        return
    try:
        found = await hub.do(root, "orphans", folder=str(root))
    except SlmdeskError as error:
        log.info("parts could not be listed: %s", error)
        return
    for part in found["parts"]:
        try:
            plan = plan_from(part["about"]["plan"])
            check_plan(plan)
        except (SlmdeskError, ValueError, KeyError, TypeError):
            continue
        belongs = part["path"] in [f"{plan.folder}/{f.path}" for f in plan.files]
        if belongs and queue.same(plan, root) is None:
            item = await queue.add(plan, root, update=False)
            await queue.set(item.download.id, DownloadState.PAUSED)


def check_plan(plan: DownloadPlan) -> None:
    """Raises DownloadError for names that would leave their folder, or a plan without files."""
    check_paths(f.path for f in plan.files)
    problem = path_problem(plan.folder)
    if problem or not plan.files:
        raise DownloadError(f"This cannot be downloaded: {problem or 'there are no files'}.", "Choose something else.")


def paths_below(item: Queued) -> list[str]:
    """The files of a line of the queue, as paths below its models folder."""
    return [f"{item.plan.folder}/{f.path}" for f in item.plan.files]


def _has_parts(root: Path) -> bool:
    return root.is_dir() and next(root.glob("**/*.part.json"), None) is not None
