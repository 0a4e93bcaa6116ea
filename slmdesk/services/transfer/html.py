"""Chats as one web page: no scripts, nothing loaded from anywhere, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from slmdesk.core.chat import Conversation, Message, Role
from slmdesk.core.tree import MessageTree
from slmdesk.services.transfer.markdown import about, one_line, speaker

_STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1b1d22; --soft: #eef0f4; --line: #d5d9e0; --muted: #596070; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171b; --text: #e6e8ec; --soft: #23262d; --line: #383d47; --muted: #a2a9b6; }
}
body { background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; margin: 0; }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px 64px; }
article { border-bottom: 1px solid var(--line); padding-bottom: 32px; }
h1 { font-size: 1.5em; } .about, .who, summary { color: var(--muted); font-size: .85em; }
.who { margin: 20px 0 4px; font-weight: 600; }
.user .body { background: var(--soft); border-radius: 12px; padding: 2px 14px; }
.body { overflow-wrap: anywhere; }
pre { background: var(--soft); border-radius: 8px; padding: 10px 12px; overflow-x: auto; white-space: pre-wrap; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: 4px 8px; }
blockquote { border-left: 3px solid var(--line); margin-left: 0; padding-left: 12px; color: var(--muted); }
.error { color: var(--muted); font-style: italic; }
"""


class HtmlWriter:
    """Writes each chat as an article, with a table of contents where there are several."""

    def __init__(self) -> None:
        # Raw HTML stays text, and a picture becomes a link: opening the page must not reach out to anyone.
        from markdown_it import MarkdownIt  # only now: it costs a tenth of the window's start

        self._markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")

    def begin(self, titles: Sequence[str]) -> str:
        """The head of the page and the contents."""
        title = one_line(titles[0]) if len(titles) == 1 else "Chats"
        links = "".join(f'<li><a href="#c{n}">{escape(one_line(t) or "Chat")}</a></li>' for n, t in enumerate(titles))
        contents = f"<nav><ol>{links}</ol></nav>" if len(titles) > 1 else ""
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
            f"<title>{escape(title or 'Chat')}</title><style>{_STYLE}</style></head><body><main>{contents}\n"
        )

    def chat(self, number: int, head: Conversation, tree: MessageTree) -> str:
        """One chat."""
        parts = [f'<article id="c{number}"><h1>{escape(one_line(head.title) or "Chat")}</h1>']
        parts.append(f'<p class="about">{escape(about(head, tree))}</p>')
        if head.system_prompt:
            parts.append(f"<details><summary>System prompt</summary><pre>{escape(head.system_prompt)}</pre></details>")
        parts.extend(self._turn(m) for m in tree.path())
        return "\n".join([*parts, "</article>\n"])

    def end(self) -> str:
        """The end of the page."""
        return "</main></body></html>\n"

    def _turn(self, message: Message) -> str:
        kind = "user" if message.role is Role.USER else "answer"
        parts = [f'<section class="{kind}"><p class="who">{escape(speaker(message))}</p><div class="body">']
        parts.extend(
            f"<details><summary>{escape(one_line(a.name))}</summary><pre>{escape(a.text)}</pre></details>"
            for a in message.attachments
        )
        if message.thinking:
            parts.append(f"<details><summary>Thinking</summary>{self._markdown.render(message.thinking)}</details>")
        parts.append(self._markdown.render(message.text))
        if message.error:
            parts.append(f'<p class="error">{escape(message.error)}</p>')
        return "".join([*parts, "</div></section>"])
