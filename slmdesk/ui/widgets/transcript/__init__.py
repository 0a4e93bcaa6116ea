"""The transcript: a chat's messages as a page that scrolls."""

from slmdesk.ui.widgets.transcript.message import TranscriptMessage
from slmdesk.ui.widgets.transcript.view import Transcript

__all__ = ["Transcript", "TranscriptMessage"]
