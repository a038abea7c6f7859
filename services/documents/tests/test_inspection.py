from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from aktenlauf.documents.inspection import (
    PAGES_SHOWN_MAX,
    RENDERED_PIXELS_MAX,
    CannotShow,
    Inspection,
    bind,
    draw,
    inspect,
)
from aktenlauf.documents.recognition import HEIC, JPEG, PDF, PNG, Refusal
from aktenlauf.kit.testing.files import (
    encrypted_pdf,
    heic,
    jpeg,
    pdf,
    pdf_bomb,
    png,
    png_bomb,
)
from aktenlauf.kit.workers import WorkerFailed, Workers


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(size=1, job_seconds=20, memory_bytes=1 << 30) as pool:
        yield pool


def picture(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data), formats=["JPEG"])
    image.load()
    return image


def render(data: bytes, media_type: str, page: int, width_px: int) -> bytes:
    """One page alone."""
    (drawn,) = draw(data, media_type, page, width_px, bytes_max=1)
    return drawn.image


def is_dark(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    darkest, _ = image.convert("L").crop(box).getextrema()
    return darkest < 100


@pytest.mark.parametrize(
    ("data", "media_type", "inspection"),
    [
        (pdf(3), PDF, Inspection(3, 3, 3)),
        (pdf(2, size_bytes=300_000), PDF, Inspection(2, 2, 2)),
        (pdf(1, text="1"), PDF, Inspection(1, 1, 0)),
        (pdf(100), PDF, Inspection(100, PAGES_SHOWN_MAX, PAGES_SHOWN_MAX)),
        (encrypted_pdf(password=""), PDF, Inspection(1, 1, 1)),
        (jpeg(400, 300), JPEG, Inspection(1, 1, 0, 400, 300)),
        (jpeg(400, 300, orientation=6), JPEG, Inspection(1, 1, 0, 300, 400)),
        (png(40, 30), PNG, Inspection(1, 1, 0, 40, 30)),
        (heic(), HEIC, Inspection(1, 1, 0, 32, 24)),
    ],
)
def test_a_file_that_opens_is_described(data: bytes, media_type: str, inspection: Inspection) -> None:
    assert inspect(data, media_type) == inspection


@pytest.mark.parametrize(
    ("data", "media_type", "refusal"),
    [
        (encrypted_pdf(), PDF, Refusal.PASSWORD),
        (pdf()[:300], PDF, Refusal.UNREADABLE),
        (b"%PDF-1.7\n", PDF, Refusal.UNREADABLE),
        (jpeg(400, 300)[:-2000], JPEG, Refusal.UNREADABLE),
        (b"\xff\xd8\xff\xe0" + bytes(100), JPEG, Refusal.UNREADABLE),
        (png()[:-100], PNG, Refusal.UNREADABLE),
        (heic()[:300], HEIC, Refusal.UNREADABLE),
        (jpeg(40, 30), PNG, Refusal.UNREADABLE),
        (png_bomb(), PNG, Refusal.TOO_LARGE),
    ],
)
def test_a_file_that_does_not_open_is_refused(data: bytes, media_type: str, refusal: Refusal) -> None:
    assert inspect(data, media_type) == refusal


async def test_a_file_that_kills_its_parser_kills_nothing_else(workers: Workers) -> None:
    with pytest.raises(WorkerFailed) as failure:
        await workers.run(inspect, pdf_bomb(), PDF)
    assert failure.value.reason in ("died", "memory", "timeout")
    assert await workers.run(inspect, pdf(2), PDF) == Inspection(2, 2, 2)


async def test_inspection_and_its_refusals_travel_out_of_a_worker(workers: Workers) -> None:
    assert await workers.run(inspect, jpeg(400, 300), JPEG) == Inspection(1, 1, 0, 400, 300)
    assert await workers.run(inspect, encrypted_pdf(), PDF) is Refusal.PASSWORD


@pytest.mark.parametrize(
    ("data", "media_type", "size"),
    [
        (pdf(), PDF, (620, 878)),
        (jpeg(1600, 1200), JPEG, (620, 465)),
        (jpeg(1600, 1200, orientation=6), JPEG, (620, 827)),
        (png(400, 300), PNG, (400, 300)),
        (heic(), HEIC, (32, 24)),
    ],
)
def test_page_images_have_the_width_asked_for_and_are_never_blown_up(
    data: bytes, media_type: str, size: tuple[int, int]
) -> None:
    assert picture(render(data, media_type, 0, 620)).size == size


def test_a_photo_is_shown_upright__exif_orientation() -> None:
    upright, turned = (picture(render(jpeg(800, 600, orientation=value), JPEG, 0, 800)) for value in (1, 3))
    first_line, last_line = (40, 55, 400, 85), (400, 515, 760, 545)
    assert is_dark(upright, first_line) and not is_dark(upright, last_line)
    assert is_dark(turned, last_line) and not is_dark(turned, first_line)


def test_transparent_images_are_shown_on_white() -> None:
    image = picture(render(png(400, 300), PNG, 0, 400))
    assert min(image.getpixel((350, 250))) > 250
    assert is_dark(image, (0, 0, 200, 40))


def test_the_text_of_a_pdf_is_visible_in_its_page_image() -> None:
    image = picture(render(pdf(), PDF, 0, 595))
    assert is_dark(image, (60, 40, 300, 70))
    assert not is_dark(image, (60, 400, 300, 800))


def test_page_images_carry_nothing_of_the_originals_metadata() -> None:
    original = jpeg(400, 300, text="MARKED", orientation=6)
    assert b"MARKED" in original
    shown = render(original, JPEG, 0, 400)
    assert b"MARKED" not in shown
    assert dict(picture(shown).getexif()) == {}
    assert "comment" not in picture(shown).info


def test_page_images_are_limited_in_size_whatever_a_page_claims() -> None:
    strip = pdf().replace(b"[0 0 595 842]", b"[0 0 5 14000]")
    image = picture(render(strip, PDF, 0, 2000))
    assert image.width * image.height <= RENDERED_PIXELS_MAX * 1.01


@pytest.mark.parametrize(
    ("data", "media_type", "page"),
    [
        (pdf(2), PDF, 2),
        (pdf(2), PDF, -1),
        (pdf(PAGES_SHOWN_MAX + 1), PDF, PAGES_SHOWN_MAX),
        (jpeg(40, 30), JPEG, 1),
        (pdf()[:300], PDF, 0),
        (jpeg(400, 300)[:-2000], JPEG, 0),
        (png_bomb(), PNG, 0),
        (encrypted_pdf(), PDF, 0),
    ],
)
def test_a_page_that_is_not_there_cannot_be_shown(data: bytes, media_type: str, page: int) -> None:
    with pytest.raises(CannotShow):
        render(data, media_type, page, 400)


def test_the_text_layer_is_that_of_the_page_asked_for() -> None:
    data = pdf(3, text="Zeugnis (Kopie)")
    assert [page.text for page in draw(data, PDF, 1, 400)] == [
        "Zeugnis (Kopie), Seite 2 von 3",
        "Zeugnis (Kopie), Seite 3 von 3",
    ]
    assert [page.text for page in draw(jpeg(40, 30), JPEG, 0, 400)] == [""]


def test_one_job_draws_all_pages_that_are_shown_while_it_is_within_its_bounds() -> None:
    assert len(draw(pdf(40), PDF, 0, 100, seconds=3600)) == 40
    assert len(draw(pdf(PAGES_SHOWN_MAX + 1), PDF, 50, 100, seconds=3600)) == PAGES_SHOWN_MAX - 50


def test_one_job_ends_behind_the_page_that_goes_beyond_its_bounds() -> None:
    data = pdf(3)
    assert len(draw(data, PDF, 0, 400, seconds=0)) == 1
    size = len(render(data, PDF, 0, 400))
    assert len(draw(data, PDF, 0, 400, bytes_max=size + 1)) == 2


# --- photos of one paper ----------------------------------------------------------------------------------------------


async def test_photos_become_the_upright_pages_of_one_pdf_in_their_order(workers: Workers) -> None:
    photos = [(jpeg(seed=1, orientation=6), JPEG), (png(), PNG), (heic(), HEIC)]
    bound = await workers.run(bind, photos)
    found = await workers.run(inspect, bound, PDF)
    assert isinstance(found, Inspection)
    assert found.pages == 3
    shown = [picture(page.image).size for page in await workers.run(draw, bound, PDF, 0, 600)]
    assert shown[0][0] < shown[0][1], "a photo that was held on its side stands upright"
    assert shown[1][0] > shown[1][1]


async def test_the_same_photos_give_the_same_document_and_another_order_another(workers: Workers) -> None:
    first, second = (jpeg(seed=1, text="eins"), JPEG), (jpeg(seed=2, text="zwei"), JPEG)
    assert await workers.run(bind, [first, second]) == await workers.run(bind, [first, second])
    assert await workers.run(bind, [first, second]) != await workers.run(bind, [second, first])


async def test_a_broken_photo_is_not_put_together(workers: Workers) -> None:
    with pytest.raises(WorkerFailed):
        await workers.run(bind, [(jpeg(), JPEG), (jpeg()[:2000], JPEG)])
