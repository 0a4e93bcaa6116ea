"""The whole application without a face: every service, built once and closed in reverse order."""

from __future__ import annotations

import logging

from slmdesk.core.resources import resource
from slmdesk.runtimes.base import Runtime
from slmdesk.services.attachments import Attachments
from slmdesk.services.chat import Chat
from slmdesk.services.conversations import Conversations
from slmdesk.services.encryption import Encryption
from slmdesk.services.hardware import Hardware
from slmdesk.services.jobs import Jobs
from slmdesk.services.library import Library
from slmdesk.services.loaded_models import LoadedModels
from slmdesk.services.network import Network
from slmdesk.services.presets import Presets
from slmdesk.services.profile import Profile
from slmdesk.services.settings import Settings
from slmdesk.services.transfer import Transfer

log = logging.getLogger(__name__)

STARTER = resource("starter", "slmdesk-starter-f16.gguf")


class Desk:
    """Every service of the application. Use :meth:`open`; a face needs nothing else."""

    profile: Profile
    settings: Settings
    presets: Presets
    conversations: Conversations
    chat: Chat
    library: Library
    loaded_models: LoadedModels
    transfer: Transfer
    attachments: Attachments
    encryption: Encryption
    jobs: Jobs
    network: Network
    hardware: Hardware
    runtimes: tuple[Runtime, ...]
