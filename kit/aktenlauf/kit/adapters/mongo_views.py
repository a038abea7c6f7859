"""Views on MongoDB: a collection per declared view, and `view_cursors`. All of it can be dropped: it is rebuilt.

    {_id: key, position: 57, scopes: ["*", "office:x", "party:y"], by_state: "open", by_due: null, document: …}

`document` is the JSON text, null for a tombstone, which has no scopes. Every query names a scope, and walks an index
that begins with it.

A batch is checked as a whole, then each document is written by compare-and-set on `position`, the cursor last: no
transactions. If another writer comes in between, a part of the batch is written: those documents are further than the
cursor, and what is applied again passes them over (`views.apply`), so that the result is the same (ADR 0020).
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from aktenlauf.kit.adapters.mongo import (
    Collection,
    Database,
    Row,
    check_format,
    duplicate_at,
    in_parallel,
    insert_if_new,
    translated,
    update_if,
)
from aktenlauf.kit.errors import Halt, NotFound, Unavailable
from aktenlauf.kit.scope import Scope, mark_of, marks_of
from aktenlauf.kit.views import COUNT_MAX, PAGE_MAX, Change, Document, Held, Page, Query, View, stored_form

DATA_FORMAT = 1
PREFIX = "view_"
CURSORS = "view_cursors"
INSERTS_MAX = 64
"""New documents in one insert."""
KEYS_MAX = 500
"""Documents that are looked for at once."""


class MongoViews:
    """See `aktenlauf.kit.views.Views`. The client is closed by who opened it."""

    def __init__(self, database: Database) -> None:
        self._database, self._cursors = database, database[CURSORS]

    @classmethod
    async def open(cls, database: Database) -> "MongoViews":
        """The views in a service's database. Raises Halt for data of a newer program, Unavailable."""
        await check_format(database, "views", DATA_FORMAT)
        return cls(database)

    async def prepare(self, views: Iterable[View]) -> None:
        for view in views:
            with translated():
                await self._rows(view).create_index([("scopes", 1), ("_id", 1)])
                for name in view.indexes:
                    await self._rows(view).create_index([("scopes", 1), (_field(name), 1), ("_id", 1)])
            await insert_if_new(self._cursors, {"_id": view.collection, "position": 0, "made": time.time()})

    async def older(self, views: Iterable[View]) -> Sequence[str]:
        ours = [view.collection for view in views]
        with translated():
            rows = await self._cursors.find({}).to_list(None)
            names = await self._database.list_collection_names()
        made = {row["_id"]: row.get("made", 0.0) for row in rows}
        newest = max((made.get(name, 0.0) for name in ours), default=0.0)
        there = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX) and name != CURSORS]
        return [name for name in there if name not in ours and made.get(name, 0.0) <= newest]

    async def drop(self, collections: Iterable[str]) -> None:
        with translated():
            for name in collections:
                await self._cursors.delete_one({"_id": name})
                await self._database.drop_collection(PREFIX + name)

    async def cursor(self, view: View) -> int:
        with translated():
            row = await self._cursors.find_one({"_id": view.collection})
        return int(row["position"]) if row else 0

    async def load(self, view: View, keys: Iterable[str]) -> dict[str, Held]:
        return {row["_id"]: _held(row) for row in await self._find(view, keys, {"position": True, "document": True})}

    async def write(self, view: View, changes: Sequence[Change], cursor: int) -> bool:
        rows = [_row(view, change) for change in changes]  # all, before anything is written
        if len(changes) > 1 and not await self._as_expected(view, changes):
            return False
        new = [row for row, change in zip(rows, changes, strict=True) if not change.expected]
        parts = [new[start : start + INSERTS_MAX] for start in range(0, len(new), INSERTS_MAX)]
        made = await in_parallel(self._insert(view, part) for part in parts)
        moved = await in_parallel(
            self._update(view, change.expected, row)
            for row, change in zip(rows, changes, strict=True)
            if change.expected
        )
        if not all(made + moved):
            return False
        with translated():
            done = await self._cursors.update_one({"_id": view.collection}, {"$max": {"position": cursor}})
        if not done.matched_count:
            await self.drop([view.collection])  # what was written now has no beginning
            raise Halt(f"the view {view.name} of this version of the program was dropped by another one")
        return True

    async def get(self, view: View, scope: Scope, key: str) -> Document:
        with translated():
            row = await self._rows(view).find_one({"_id": key, "scopes": mark_of(scope)})
        if row is None:
            raise NotFound(key)
        return _document(row)

    async def page(self, view: View, scope: Scope, query: Query) -> Page:
        if not 0 < query.limit <= PAGE_MAX:
            raise ValueError(f"a page has 1 to {PAGE_MAX} documents")
        order, turn = _order(view, query), -1 if query.descending else 1
        by = [("_id", turn)] if order == "_id" else [(order, turn), ("_id", turn)]
        where = _where(view, scope, query)
        with translated():
            rows = await self._rows(view).find(where).sort(by).limit(query.limit + 1).to_list(None)
        shown = rows[: query.limit]
        after = (shown[-1][order], shown[-1]["_id"]) if len(rows) > query.limit else None
        return Page([_document(row) for row in shown], [row["_id"] for row in shown], after)

    async def count(self, view: View, scope: Scope, query: Query) -> int:
        where = _where(view, scope, query)
        with translated():
            return await self._rows(view).count_documents(where, limit=COUNT_MAX)

    async def close(self) -> None:
        """Nothing to do: whoever opened the client closes it."""

    def _rows(self, view: View) -> Collection:
        return self._database[PREFIX + view.collection]

    async def _find(self, view: View, keys: Iterable[str], fields: Row) -> list[Row]:
        wanted = list(dict.fromkeys(keys))
        found: list[Row] = []
        for start in range(0, len(wanted), KEYS_MAX):
            part = wanted[start : start + KEYS_MAX]
            with translated():
                found += await self._rows(view).find({"_id": {"$in": part}}, fields).to_list(None)
        return found

    async def _as_expected(self, view: View, changes: Sequence[Change]) -> bool:
        found = await self._find(view, (change.key for change in changes), {"position": True})
        there = {row["_id"]: row["position"] for row in found}
        return all(there.get(change.key, 0) == change.expected for change in changes)

    async def _insert(self, view: View, rows: Sequence[Row]) -> bool:
        try:
            with translated():
                await self._rows(view).insert_many(rows)
        except Unavailable as error:
            if duplicate_at(error) is None:
                raise
            return False
        return True

    async def _update(self, view: View, position: int, row: Row) -> bool:
        fields = {name: value for name, value in row.items() if name != "_id"}
        return await update_if(self._rows(view), {"_id": row["_id"], "position": position}, {"$set": fields})


def _row(view: View, change: Change) -> Row:
    document = change.document
    fields = {_field(name): document.get(name) if document else None for name in view.indexes}
    scopes, text = marks_of(document), stored_form(change)
    return {"_id": change.key, "position": change.position, "scopes": scopes, **fields, "document": text}


def _held(row: Row) -> Held:
    return Held(row["position"], _document(row) if row["document"] is not None else None)


def _document(row: Row) -> Document:
    document: Document = orjson.loads(row["document"])
    return document


def _field(name: str) -> str:
    """Where an index keeps its values, apart from fields of ours."""
    return f"by_{name}"


def _declared(view: View, name: str) -> str:
    if name not in view.indexes:
        raise ValueError(f"{name} is no declared index of {view.name}")
    return _field(name)


def _order(view: View, query: Query) -> str:
    return "_id" if query.order is None else _declared(view, query.order)


def _where(view: View, scope: Scope, query: Query) -> Row:
    order = _order(view, query)
    where: Row = {"scopes": mark_of(scope)}
    where |= {_declared(view, name): {"$eq": value} for name, value in query.equals.items()}
    terms: list[Row] = []
    for bound, sign in ((query.at_least, "$gte"), (query.below, "$lt")):
        if bound is not None:
            terms.append({order: {sign: bound}})
    if query.after is not None:
        terms.append(_behind(order, *query.after, descending=query.descending))
    return where | ({"$and": terms} if terms else {})


def _behind(order: str, value: Any, key: str, *, descending: bool) -> Row:
    """What comes after (value, key). Null sorts first, and is neither more nor less than any value."""
    sign = "$lt" if descending else "$gt"
    if order == "_id":
        return {"_id": {sign: key}}
    same: Row = {order: value, "_id": {sign: key}}
    match value, descending:
        case None, True:
            return same
        case None, False:
            return {"$or": [same, {order: {"$ne": None}}]}
        case _, True:
            return {"$or": [same, {order: {sign: value}}, {order: None}]}
    return {"$or": [same, {order: {sign: value}}]}
