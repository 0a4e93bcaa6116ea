"""SLMDesk: small language models on your own machine, with every byte kept on it.

The code is a chain, and each link imports only to its right::

    faces (app, cli) -> services -> runtimes, storage -> worker.protocol -> core

``core``      values and rules: messages, models, options, errors. No I/O, no Qt, no async.
``worker``    the child process that holds a native model. The only place that imports llama.cpp and its kin.
``runtimes``  the parent's side of whatever can list and load models.
``storage``   one SQLite file per profile.
``services``  the application's state and use cases: asyncio and QtCore signals, no widgets.
``ui``        everything that imports QtWidgets.

:class:`slmdesk.desk.Desk` is the whole application without a face; the window (``app``) and the terminal (``cli``)
are thin faces over it. Intent goes down as method calls, facts come up as signals or async iterators. A loaded
native model is a process: load starts it, unload ends it, and a crash is one exception.
"""

from __future__ import annotations

__version__ = "0.1.0"
