"""What is done to a chat template before it is compiled: the sandbox's checks are put into it."""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer


class Guard(NodeTransformer):
    """Leads everything in a template that may take time or memory past the sandbox's checks."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A loop: every turn passes the deadline."""
        return self._ticking(node)

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A macro: every call passes the deadline."""
        return self._ticking(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A block handed to a macro: every call of it passes the deadline."""
        return self._ticking(node)

    def visit_If(self, node: Any) -> Any:  # noqa: N802 - Jinja's name
        """A condition passes the deadline."""
        self.generic_visit(node)
        node.test = self._through("seen", node.test)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A comparison passes the deadline."""
        self.generic_visit(node)
        node.expr = self._through("seen", node.expr)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's name
        """``~`` goes through the budget."""
        self.generic_visit(node)
        return self._through("join_all", *node.nodes)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A slice goes through the budget."""
        self.generic_visit(node)
        return self._through("built", node) if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A list goes through the budget."""
        self.generic_visit(node)
        return self._through("built", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A dict goes through the budget."""
        self.generic_visit(node)
        return self._through("built", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - Jinja's name
        """A tuple that is a value, not a target, goes through the budget."""
        self.generic_visit(node)
        return self._through("built", node) if node.ctx == "load" else node

    def _ticking(self, node: Any) -> nodes.Node:
        self.generic_visit(node)
        node.body.insert(0, nodes.ExprStmt(self._through("tick", lineno=node.lineno), lineno=node.lineno))
        return node  # type: ignore[no-any-return]

    @staticmethod
    def _through(name: str, *arguments: nodes.Expr, lineno: int = 0) -> nodes.Call:
        line = arguments[0].lineno if arguments else lineno
        function = nodes.EnvironmentAttribute(name, lineno=line)
        return nodes.Call(function, list(arguments), [], None, None, lineno=line)


class Generation(Extension):
    """``{% generation %}``: marks the assistant's part for training; here it is just its content."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own declaration

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The statements up to the end tag, as they are."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
