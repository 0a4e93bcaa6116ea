"""Talking to a model: what is sent, what comes back, and how a conversation grows from it."""

from __future__ import annotations

from slmdesk.services.chat.chat import Chat

__all__ = ["Chat"]
