"""One condition for "is one of these", which takes a long list as a single parameter.

`IN` with a parameter for each of a thousand values takes longer to write down and to send than to answer: for each of them
a piece of SQL is made, parsed and bound. Here the database unpacks the list.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, ColumnElement, Dialect, Text, TypeDecorator, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.operators import eq
from sqlalchemy.types import TypeEngine


class _Texts(TypeDecorator[list[str]]):
    """Several texts: an array of PostgreSQL, JSON where there are no arrays."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(Text()))
        return dialect.type_descriptor(JSON())


class _Among(BinaryExpression[bool]):
    """See `among`."""

    inherit_cache = True


def among(column: Any, values: Collection[str]) -> ColumnElement[bool]:  # noqa: ANN401
    """Return the condition that `column`, of text, is one of `values`; with none of them nothing is found."""
    return _Among(column, bindparam(None, list(values), type_=_Texts()), eq)


@compiles(_Among, "postgresql")
def _as_array(condition: _Among, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    column, values = _sides(condition, compiler, kw)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _as_json(condition: _Among, compiler: SQLCompiler, **kw: Any) -> str:  # noqa: ANN401
    column, values = _sides(condition, compiler, kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a bound parameter


def _sides(condition: _Among, compiler: SQLCompiler, kw: dict[str, Any]) -> tuple[str, str]:
    return compiler.process(condition.left, **kw), compiler.process(condition.right, **kw)
