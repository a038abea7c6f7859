"""What every adapter of `Views` promises. Inherit, and give a fixture `open_views`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from aktenlauf.kit.errors import Halt, NotFound
from aktenlauf.kit.scope import Office, Party, Scope, System
from aktenlauf.kit.views import (
    COUNT_MAX,
    DOCUMENT_BYTES_MAX,
    PAGE_MAX,
    Change,
    Document,
    DocumentTooLarge,
    Query,
    View,
    Views,
)

OpenViews = Callable[[], Awaitable[Views]]
ALL = System("test")
THINGS = View("things", version=1, indexes=("state", "due"))
THINGS_2 = View("things", version=2, indexes=("state", "due"))


def document(offices: Sequence[str] = ("a",), parties: Sequence[str] = (), **fields: Any) -> Document:
    """A document that these may see."""
    return {"offices": list(offices), "parties": list(parties), **fields}


def new(key: str, position: int = 1, **fields: Any) -> Change:
    """A document that is not there yet."""
    return Change(key, 0, position, document(**fields))


async def put(views: Views, *changes: Change, cursor: int = 1) -> None:
    """Write, which must succeed."""
    assert await views.write(THINGS, changes, cursor)


async def all_pages(views: Views, scope: Scope, query: Query) -> list[str]:
    """The keys on all pages, in order."""
    keys: list[str] = []
    while True:
        page = await views.page(THINGS, scope, query)
        keys += page.keys
        assert len(page.keys) <= query.limit
        if page.after is None:
            return keys
        query = Query(**{**{f: getattr(query, f) for f in Query.__dataclass_fields__}, "after": page.after})


class ViewsSuite:
    """One test per promise of the port."""

    @pytest.fixture
    def open_views(self) -> OpenViews:
        raise NotImplementedError("give an async function that opens the same views again and again")

    @pytest.fixture
    async def views(self, open_views: OpenViews) -> AsyncIterator[Views]:
        views = await open_views()
        await views.prepare([THINGS])
        yield views
        await views.close()

    # --- writing --------------------------------------------------------------------------------------------------

    async def test_a_document_comes_back_as_it_was_written(self, views: Views) -> None:
        written = document(state="open", due=None, nested={"list": [1, "ü", None, True]})
        await put(views, Change("k", 0, 5, written))
        assert await views.get(THINGS, ALL, "k") == written
        held = (await views.load(THINGS, ["k", "unknown"]))["k"]
        assert (held.position, held.document) == (5, written)

    async def test_the_cursor_is_written_with_the_documents_and_never_goes_back(self, views: Views) -> None:
        assert await views.cursor(THINGS) == 0
        await put(views, new("k"), cursor=9)
        assert await views.cursor(THINGS) == 9
        assert await views.write(THINGS, [], 4)
        assert await views.cursor(THINGS) == 9

    @pytest.mark.parametrize("expected", [0, 4, 6])
    async def test_a_change_from_another_position_writes_nothing_of_its_batch(
        self, views: Views, expected: int
    ) -> None:
        await put(views, new("k", 5, state="before"), cursor=5)
        batch = [new("other", 7), Change("k", expected, 7, document(state="after"))]
        assert await views.write(THINGS, batch, 7) is False
        assert (await views.get(THINGS, ALL, "k"))["state"] == "before"
        assert list(await views.load(THINGS, ["other"])) == []
        assert await views.cursor(THINGS) == 5

    async def test_of_two_writers_from_the_same_position_one_wins(self, views: Views, open_views: OpenViews) -> None:
        second = await open_views()
        await put(views, new("k"))
        changes = [[Change("k", 1, 2, document(state=name))] for name in ("one", "two")]
        won = await asyncio.gather(views.write(THINGS, changes[0], 2), second.write(THINGS, changes[1], 2))
        await second.close()
        assert sorted(won) == [False, True]
        assert (await views.get(THINGS, ALL, "k"))["state"] == ("one", "two")[won.index(True)]

    async def test_a_deleted_document_is_gone_and_leaves_a_tombstone(self, views: Views) -> None:
        await put(views, new("k"))
        await put(views, Change("k", 1, 3, None))
        with pytest.raises(NotFound):
            await views.get(THINGS, ALL, "k")
        assert await all_pages(views, ALL, Query()) == []
        held = (await views.load(THINGS, ["k"]))["k"]
        assert (held.position, held.document) == (3, None)
        assert await views.write(THINGS, [new("k", 2)], 3) is False

    async def test_a_document_that_is_too_large_is_named_and_nothing_of_its_batch_written(self, views: Views) -> None:
        """Up to the limit it is kept, whatever stands beside it."""
        longest = "x" * (DOCUMENT_BYTES_MAX - len(b'{"offices":["a"],"parties":[],"text":""}'))
        await put(views, new("k", text=longest))
        for too_large in (Change("k", 1, 2, document(text=f"{longest}x")), new("more", 2, text=f"{longest}x")):
            with pytest.raises(DocumentTooLarge) as refused:
                await views.write(THINGS, [new("other", 2), too_large], 2)
            assert refused.value.key == too_large.key
        assert list(await views.load(THINGS, ["other", "more"])) == []
        assert (await views.get(THINGS, ALL, "k"))["text"] == longest
        assert await views.cursor(THINGS) == 1

    async def test_a_document_may_follow_its_tombstone(self, views: Views) -> None:
        await put(views, Change("k", 0, 1, None))
        await put(views, Change("k", 1, 2, document(state="again")))
        assert (await views.get(THINGS, ALL, "k"))["state"] == "again"

    async def test_many_keys_are_loaded_at_once(self, views: Views) -> None:
        await put(views, *(new(f"k{n}") for n in range(1200)))
        assert len(await views.load(THINGS, [f"k{n}" for n in range(1200)])) == 1200

    async def test_two_versions_of_a_view_live_side_by_side_until_the_old_one_is_dropped(self, views: Views) -> None:
        await put(views, new("k"), cursor=4)
        await views.prepare([THINGS_2])
        assert (await views.cursor(THINGS_2), await views.cursor(THINGS)) == (0, 4)
        assert await views.load(THINGS_2, ["k"]) == {}
        assert await views.older([THINGS_2]) == [THINGS.collection]
        await views.drop([THINGS.collection])
        assert await views.older([THINGS_2]) == []
        await views.prepare([THINGS])
        assert (await views.cursor(THINGS), await views.load(THINGS, ["k"])) == (0, {})

    async def test_who_writes_to_a_view_that_was_dropped_stops_and_leaves_nothing_without_its_beginning(
        self, views: Views
    ) -> None:
        await put(views, new("k"), cursor=4)
        await views.drop([THINGS.collection])
        with pytest.raises(Halt):
            await views.write(THINGS, [new("k", 5)], 5)
        await views.prepare([THINGS])
        assert (await views.cursor(THINGS), await views.load(THINGS, ["k"])) == (0, {})

    async def test_preparing_again_keeps_everything(self, views: Views, open_views: OpenViews) -> None:
        await put(views, new("k"), cursor=4)
        await views.close()
        again = await open_views()
        await again.prepare([THINGS])
        assert await again.get(THINGS, ALL, "k") == document()
        assert await again.cursor(THINGS) == 4
        await again.close()

    # --- scope ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "scope,seen",
        [
            (Office("a"), ["1", "3"]),
            (Office("b"), ["2", "3"]),
            (Office("c"), []),
            (Office("*"), []),
            (Party("p"), ["1"]),
            (Party("a"), []),
            (Party("%"), []),
            (ALL, ["1", "2", "3", "4"]),
        ],
    )
    async def test_every_read_shows_only_what_the_scope_may_see(
        self, views: Views, scope: Scope, seen: list[str]
    ) -> None:
        await put(
            views,
            new("1", offices=["a"], parties=["p"], state="s"),
            new("2", offices=["b"], parties=["q", "q"], state="s"),
            new("3", offices=["a", "b"], state="s"),
            new("4", offices=[], state="s"),
        )
        assert await all_pages(views, scope, Query(limit=1)) == seen
        assert await all_pages(views, scope, Query(equals={"state": "s"}, order="due", limit=2)) == seen
        assert await views.count(THINGS, scope, Query()) == len(seen)
        for key in ("1", "2", "3", "4"):
            if key in seen:
                assert await views.get(THINGS, scope, key)
            else:
                with pytest.raises(NotFound):
                    await views.get(THINGS, scope, key)

    async def test_who_may_see_it_no_more_does_not_find_it(self, views: Views) -> None:
        await put(views, new("k", offices=["a"], parties=["p"]))
        await put(views, Change("k", 1, 2, document(offices=["b"])))
        for scope in (Office("a"), Party("p")):
            assert await all_pages(views, scope, Query()) == []
            with pytest.raises(NotFound):
                await views.get(THINGS, scope, "k")
        assert await all_pages(views, Office("b"), Query()) == ["k"]

    # --- queries --------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
    @pytest.mark.parametrize("descending", [False, True])
    async def test_pages_are_complete_and_without_repeats_under_equal_values_and_none(
        self, views: Views, limit: int, descending: bool
    ) -> None:
        dues = [None, "2026-01-01", None, "2026-01-01", "2026-03-01", None, "2025-12-31", "2026-01-01", None]
        await put(views, *(new(f"k{n}", due=due) for n, due in enumerate(dues)))
        query = Query(order="due", descending=descending, limit=limit)
        expected = sorted(((due or "", f"k{n}") for n, due in enumerate(dues)), reverse=descending)
        assert await all_pages(views, Office("a"), query) == [key for _, key in expected]

    async def test_without_an_order_pages_go_by_key(self, views: Views) -> None:
        await put(views, *(new(key) for key in "badc"))
        assert await all_pages(views, ALL, Query(limit=2)) == list("abcd")
        assert await all_pages(views, ALL, Query(limit=3, descending=True)) == list("dcba")

    async def test_a_range_includes_its_lower_and_excludes_its_upper_bound(self, views: Views) -> None:
        await put(views, *(new(f"k{n}", due=n) for n in (1, 2, 3, 4)), new("none", due=None))
        assert await all_pages(views, ALL, Query(order="due", at_least=2, below=4, limit=1)) == ["k2", "k3"]

    @pytest.mark.parametrize("value,found", [("open", ["1"]), (None, ["2", "4"]), (True, ["3"])])
    async def test_equality_finds_values_none_and_truth(self, views: Views, value: Any, found: list[str]) -> None:
        await put(views, new("1", state="open"), new("2", state=None), new("3", state=True), new("4"))
        assert await all_pages(views, ALL, Query(equals={"state": value})) == found
        assert await views.count(THINGS, ALL, Query(equals={"state": value})) == len(found)

    async def test_what_is_no_declared_index_is_refused(self, views: Views) -> None:
        for query in (Query(order="secret"), Query(equals={"secret": 1}), Query(equals={'state" OR 1=1 --': 1})):
            with pytest.raises(ValueError, match="index"):
                await views.page(THINGS, ALL, query)
            with pytest.raises(ValueError, match="index"):
                await views.count(THINGS, ALL, query)

    @pytest.mark.parametrize("limit", [0, -1, PAGE_MAX + 1])
    async def test_a_page_above_the_limit_is_refused(self, views: Views, limit: int) -> None:
        with pytest.raises(ValueError, match="page"):
            await views.page(THINGS, ALL, Query(limit=limit))

    async def test_counting_stops_at_the_limit(self, views: Views) -> None:
        await put(views, *(new(f"k{n}") for n in range(COUNT_MAX + 5)))
        assert await views.count(THINGS, ALL, Query()) == COUNT_MAX
