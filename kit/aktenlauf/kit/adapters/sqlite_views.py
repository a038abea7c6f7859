"""Views on one SQLite file, `views.db`. Nothing in it is lost by deleting it: it is rebuilt from the log.

A collection is two tables: the documents, and one row per document and scope (`*`, `office:x`, `party:y`) with the
index fields. Every read goes through the second, so it is filtered by scope and walks an index.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from aktenlauf.kit.adapters.sqlite import Database
from aktenlauf.kit.errors import Halt, NotFound
from aktenlauf.kit.scope import Scope, mark_of, marks_of
from aktenlauf.kit.views import COUNT_MAX, PAGE_MAX, Change, Document, Held, Page, Query, View, stored_form

DATA_FORMAT = 1
SCHEMA = "CREATE TABLE IF NOT EXISTS cursors (collection TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID"
_KEYS_MAX = 500
_SMALL_KEYS = 8
"""Documents that may be read or written on the event loop."""


class SqliteViews:
    """See `aktenlauf.kit.views.Views`."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, DATA_FORMAT, durable=False)

    async def prepare(self, views: Iterable[View]) -> None:
        declared = list(views)

        def work(db: sqlite3.Connection) -> None:
            for view in declared:
                _create(db, view)

        await self._database.run(work)

    async def older(self, views: Iterable[View]) -> Sequence[str]:
        kept = {view.collection for view in views}
        sql = "SELECT collection FROM cursors"
        rows = await self._database.read(lambda db: db.execute(sql).fetchall(), small=True)
        return [name for (name,) in rows if name not in kept]

    async def drop(self, collections: Iterable[str]) -> None:
        names = list(collections)
        await self._database.run(lambda db: _drop(db, names))

    async def cursor(self, view: View) -> int:
        return await self._database.read(lambda db: _cursor(db, view), small=True)

    async def load(self, view: View, keys: Iterable[str]) -> dict[str, Held]:
        wanted = list(dict.fromkeys(keys))

        def work(db: sqlite3.Connection) -> dict[str, Held]:
            held: dict[str, Held] = {}
            for start in range(0, len(wanted), _KEYS_MAX):
                part = wanted[start : start + _KEYS_MAX]
                marks = ",".join("?" * len(part))
                sql = f'SELECT key, position, document FROM "{view.collection}" WHERE key IN ({marks})'  # noqa: S608
                for key, position, document in db.execute(sql, part):
                    held[key] = Held(position, orjson.loads(document) if document is not None else None)
            return held

        return await self._database.read(work, small=len(wanted) <= _SMALL_KEYS)

    async def write(self, view: View, changes: Sequence[Change], cursor: int) -> bool:
        def work(db: sqlite3.Connection) -> bool:
            at = "UPDATE cursors SET position = max(position, ?) WHERE collection = ?"
            if not db.execute(at, (cursor, view.collection)).rowcount:
                raise Halt(f"the view {view.name} of this version of the program was dropped by another one")
            _put(db, view, changes)
            return True

        try:
            return await self._database.run(work, small=len(changes) <= _SMALL_KEYS)
        except _Overtaken:
            return False

    async def get(self, view: View, scope: Scope, key: str) -> Document:
        sql = (
            f'SELECT d.document FROM "{view.collection}" d JOIN "{view.collection}_scope" s ON s.key = d.key '  # noqa: S608
            "WHERE d.key = ? AND s.scope = ?"
        )
        row = await self._database.read(lambda db: db.execute(sql, (key, mark_of(scope))).fetchone(), small=True)
        if row is None or row[0] is None:
            raise NotFound(key)
        document: Document = orjson.loads(row[0])
        return document

    async def page(self, view: View, scope: Scope, query: Query) -> Page:
        if not 0 < query.limit <= PAGE_MAX:
            raise ValueError(f"a page has 1 to {PAGE_MAX} documents")
        where, params = _where(view, scope, query)
        order, turn = _column(view, query.order), "DESC" if query.descending else "ASC"
        sql = (
            f'SELECT s.{order}, s.key, d.document FROM "{view.collection}_scope" s '  # noqa: S608
            f'JOIN "{view.collection}" d ON d.key = s.key WHERE {where} '
            f"ORDER BY s.{order} {turn}, s.key {turn} LIMIT ?"
        )
        rows = await self._database.read(lambda db: db.execute(sql, (*params, query.limit + 1)).fetchall())
        shown = rows[: query.limit]
        after = (shown[-1][0], shown[-1][1]) if len(rows) > query.limit else None
        return Page([orjson.loads(row[2]) for row in shown], [row[1] for row in shown], after)

    async def count(self, view: View, scope: Scope, query: Query) -> int:
        where, params = _where(view, scope, query)
        sql = f'SELECT count(*) FROM (SELECT 1 FROM "{view.collection}_scope" s WHERE {where} LIMIT {COUNT_MAX})'  # noqa: S608
        return int(await self._database.read(lambda db: db.execute(sql, params).fetchone()[0]))

    async def close(self) -> None:
        await self._database.close()


class _Overtaken(Exception):
    """Another writer came first."""


def _create(db: sqlite3.Connection, view: View) -> None:
    table = view.collection
    columns = "".join(f', "{name}"' for name in view.indexes)
    db.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (key TEXT PRIMARY KEY, position INTEGER NOT NULL, document BLOB)')
    db.execute(
        f'CREATE TABLE IF NOT EXISTS "{table}_scope" (scope TEXT, key TEXT{columns}, PRIMARY KEY (key, scope)) '
        "WITHOUT ROWID"
    )
    db.execute(f'CREATE INDEX IF NOT EXISTS "{table}_by_key" ON "{table}_scope" (scope, key)')
    for name in view.indexes:
        db.execute(f'CREATE INDEX IF NOT EXISTS "{table}_by_{name}" ON "{table}_scope" (scope, "{name}", key)')
    db.execute("INSERT OR IGNORE INTO cursors VALUES (?, 0)", (table,))


def _drop(db: sqlite3.Connection, tables: Iterable[str]) -> None:
    for table in tables:
        db.execute(f'DROP TABLE IF EXISTS "{table}"')
        db.execute(f'DROP TABLE IF EXISTS "{table}_scope"')
        db.execute("DELETE FROM cursors WHERE collection = ?", (table,))


def _cursor(db: sqlite3.Connection, view: View) -> int:
    row = db.execute("SELECT position FROM cursors WHERE collection = ?", (view.collection,)).fetchone()
    return int(row[0]) if row else 0


def _put(db: sqlite3.Connection, view: View, changes: Sequence[Change]) -> None:
    table = view.collection
    new = [(c.key, c.position, stored_form(c)) for c in changes if not c.expected]
    old = [(c.position, stored_form(c), c.key, c.expected) for c in changes if c.expected]
    made = db.executemany(f'INSERT OR IGNORE INTO "{table}" VALUES (?,?,?)', new)  # noqa: S608
    kept = db.executemany(f'UPDATE "{table}" SET position = ?, document = ? WHERE key = ? AND position = ?', old)  # noqa: S608
    if max(made.rowcount, 0) + max(kept.rowcount, 0) != len(changes):  # -1: nothing was to be done
        raise _Overtaken
    moved = [(change.key, rows) for change in changes if (rows := _moved_rows(db, view, change)) is not None]
    db.executemany(f'DELETE FROM "{table}_scope" WHERE key = ?', [(key,) for key, _ in moved])  # noqa: S608
    marks = ",".join("?" * (2 + len(view.indexes)))
    db.executemany(f'INSERT INTO "{table}_scope" VALUES ({marks})', [row for _, rows in moved for row in rows])  # noqa: S608


def _moved_rows(db: sqlite3.Connection, view: View, change: Change) -> list[tuple[Any, ...]] | None:
    """The rows to put in place of those that are there; None where they are the same, as after most events."""
    rows = _scope_rows(view, change)
    sql = f'SELECT * FROM "{view.collection}_scope" WHERE key = ?'  # noqa: S608
    there = db.execute(sql, (change.key,)).fetchall() if change.expected else []
    return None if set(there) == set(rows) else rows


def _scope_rows(view: View, change: Change) -> list[tuple[Any, ...]]:
    document = change.document
    if document is None:
        return []
    fields = [document.get(name) for name in view.indexes]
    return [(mark, change.key, *fields) for mark in marks_of(document)]


def _column(view: View, name: str | None) -> str:
    if name is None:
        return "key"
    if name not in view.indexes:
        raise ValueError(f"{name} is no declared index of {view.name}")
    return f'"{name}"'


def _where(view: View, scope: Scope, query: Query) -> tuple[str, list[Any]]:
    terms, params = ["s.scope = ?"], [mark_of(scope)]
    for name, value in query.equals.items():
        terms.append(f"s.{_column(view, name)} IS ?")
        params.append(value)
    order = _column(view, query.order)
    for bound, sign in ((query.at_least, ">="), (query.below, "<")):
        if bound is not None:
            terms.append(f"s.{order} {sign} ?")
            params.append(bound)
    if query.after is not None:
        term, bounds = _behind(order, *query.after, descending=query.descending)
        terms.append(term)
        params += bounds
    return " AND ".join(terms), params


def _behind(order: str, value: Any, key: str, *, descending: bool) -> tuple[str, list[Any]]:
    """What comes after (value, key). NULL sorts first, and compares with nothing."""
    if value is None:
        return (f"s.{order} IS NULL AND s.key < ?" if descending else f"(s.{order} IS NOT NULL OR s.key > ?)"), [key]
    if descending:
        return f"((s.{order}, s.key) < (?, ?) OR s.{order} IS NULL)", [value, key]
    return f"(s.{order}, s.key) > (?, ?)", [value, key]
