"""Opening foreign files: are they readable, how many pages, page images, text layer.

Every public function here runs inside a worker process (`aktenlauf.kit.workers`) and nowhere else; its death
there means
`Refusal.UNREADABLE`. Results are plain values and the dataclasses of this module.
"""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from time import monotonic

import pypdfium2
from PIL import ExifTags, Image, ImageOps
from pypdfium2 import raw as pdfium

from aktenlauf.documents.recognition import HEIC, JPEG, PDF, PNG, Refusal

PAGES_SHOWN_MAX = 60
IMAGE_PIXELS_MAX = 100_000_000  # a phone's 100 megapixel photo; as PNG 400 MB while it is open
RENDERED_PIXELS_MAX = 8_000_000
RENDERED_SIDE_MAX = 16_000  # JPEG ends at 65,500
RENDERED_MEDIA_TYPE = JPEG
BOUND_WIDTH_PX, BOUND_DPI = 1654, 200
"""A photo as a page of a PDF: A4 as offices scan it."""
DRAWN_SECONDS = 2.0
"""One job's time, but for its last page: a tenth of what a worker is given, so that a slow page still gets its own."""
DRAWN_BYTES_MAX = 8_000_000
"""One job's images, but for the last: what goes back through the pipe, and is in memory at once."""
_JPEG_QUALITY = 80  # a WebP of the same page is a third smaller and takes ten times as long
_TEXT_CHARS_MIN = 20  # fewer are a stamp or a page number on a scan
_TEXT_CHARS_MAX = 50_000
_PILLOW_FORMATS = {JPEG: "JPEG", PNG: "PNG", HEIC: "HEIF"}

# Our own limit below is the strict one; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Inspection:
    """What is known of a file that opened. `pages` counts all, `shown_pages` those that `draw` draws,
    `text_pages` those of the shown whose text a screen reader or a search can use. `width_px`, `height_px`:
    an image's size as it is seen upright, 0 for a PDF."""

    pages: int
    shown_pages: int
    text_pages: int
    width_px: int = 0
    height_px: int = 0


@dataclass(frozen=True)
class DrawnPage:
    """One page as JPEG, upright, on white, without any metadata of the original, and the text layer of a PDF's page, at
    most 50,000 characters; "" where there is none. Form fields are drawn as filled in; scripts never run."""

    image: bytes
    text: str


class CannotShow(Exception):
    """There is no such page, or it cannot be drawn."""


def inspect(data: bytes, media_type: str) -> Inspection | Refusal:
    """Opens the file completely. `Refusal` is `PASSWORD`, `TOO_LARGE` (pixels) or `UNREADABLE`."""
    try:
        return _inspect_pdf(data) if media_type == PDF else _inspect_image(data, media_type)
    except _Refused as refused:
        return refused.code
    except MemoryError:
        raise
    except Exception:
        # Parsers of broken files raise whatever comes to hand (struct.error, IndexError, SyntaxError ...).
        return Refusal.UNREADABLE


def draw(
    data: bytes,
    media_type: str,
    first: int,
    width_px: int,
    seconds: float = DRAWN_SECONDS,
    bytes_max: int = DRAWN_BYTES_MAX,
) -> list[DrawnPage]:
    """The pages from `first` (from 0) on, at least one, until they have taken `seconds` or `bytes_max` of images.

    So a long file is sent to a worker a few times, not once a page, and no job takes much longer than its longest page.
    Raises `CannotShow`.
    """
    began, drawn, size = monotonic(), list[DrawnPage](), 0
    try:
        with closing(_pages(data, media_type, first, width_px)) as pages:
            for page in pages:
                drawn.append(page)
                size += len(page.image)
                if monotonic() - began >= seconds or size >= bytes_max:
                    break
    except (_Refused, pypdfium2.PdfiumError, OSError, SyntaxError) as error:
        raise CannotShow from error
    return drawn


def bind(photos: list[tuple[bytes, str]]) -> bytes:
    """Photos, each with its media type, as the pages of one PDF, in this order. The same photos give the same bytes, so
    that a form that is sent twice carries the same document. Raises `CannotShow`.
    """
    out = BytesIO()
    try:
        pages = [_image_page(data, media_type, 0, BOUND_WIDTH_PX) for data, media_type in photos]
        told = {"resolution": BOUND_DPI, "quality": _JPEG_QUALITY, "creationDate": None, "modDate": None}
        pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], **told)
    except (_Refused, OSError, SyntaxError) as error:
        raise CannotShow from error
    return out.getvalue()


class _Refused(Exception):
    def __init__(self, code: Refusal) -> None:
        super().__init__(code)
        self.code = code


def _inspect_pdf(data: bytes) -> Inspection:
    with _pdf(data) as document:
        pages = len(document)
        if pages == 0:
            raise _Refused(Refusal.UNREADABLE)
        shown = min(pages, PAGES_SHOWN_MAX)
        return Inspection(pages, shown, sum(_has_text(document, page) for page in range(shown)))


def _has_text(document: pypdfium2.PdfDocument, page: int) -> bool:
    with _page(document, page) as opened, closing(opened.get_textpage()) as layer:
        return bool(layer.count_chars() >= _TEXT_CHARS_MIN)


@contextmanager
def _pdf(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        raise _Refused(Refusal.PASSWORD if locked else Refusal.UNREADABLE) from error
    with closing(document):
        yield document


@contextmanager
def _page(document: pypdfium2.PdfDocument, page: int) -> Iterator[pypdfium2.PdfPage]:
    if not 0 <= page < min(len(document), PAGES_SHOWN_MAX):
        raise _Refused(Refusal.UNREADABLE)
    with closing(document[page]) as opened:
        yield opened


def _pages(data: bytes, media_type: str, first: int, width_px: int) -> Generator[DrawnPage, None, None]:
    if media_type != PDF:
        yield DrawnPage(_as_jpeg(_image_page(data, media_type, first, width_px)), "")
        return
    with _pdf(data) as document:
        document.init_forms()  # else a filled-in form looks empty
        for number in range(first, max(first + 1, min(len(document), PAGES_SHOWN_MAX))):
            with _page(document, number) as page:
                yield DrawnPage(_as_jpeg(_pdf_page(page, width_px)), _text(page))


def _as_jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def _pdf_page(page: pypdfium2.PdfPage, width_px: int) -> Image.Image:
    """At most `width_px` wide and `RENDERED_PIXELS_MAX` large."""
    width_pt, height_pt = page.get_size()
    if width_pt <= 0 or height_pt <= 0:
        raise _Refused(Refusal.UNREADABLE)
    area_scale = (RENDERED_PIXELS_MAX / (width_pt * height_pt)) ** 0.5
    scale = min(width_px / width_pt, RENDERED_SIDE_MAX / height_pt, area_scale)
    with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
        picture: Image.Image = bitmap.to_pil().convert("RGB")
        return picture


def _text(page: pypdfium2.PdfPage) -> str:
    with closing(page.get_textpage()) as layer:
        return str(layer.get_text_bounded())[:_TEXT_CHARS_MAX]


def _inspect_image(data: bytes, media_type: str) -> Inspection:
    with _image(data, media_type) as image:
        width_px, height_px = image.size[::-1] if _lies_on_its_side(image) else image.size
        # A JPEG is read to its end, but decoded at an eighth of its size: truncation shows, memory stays
        # small.
        image.draft("L", (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        return Inspection(pages=1, shown_pages=1, text_pages=0, width_px=width_px, height_px=height_px)


@contextmanager
def _image(data: bytes, media_type: str) -> Iterator[Image.Image]:
    if media_type == HEIC:
        _open_heic()
    with Image.open(BytesIO(data), formats=[_PILLOW_FORMATS[media_type]]) as image:
        if image.width * image.height > IMAGE_PIXELS_MAX:
            raise _Refused(Refusal.TOO_LARGE)
        yield image


def _open_heic() -> None:
    # Imported late: photos of this kind are rare, and the library takes memory in every worker.
    import pi_heif

    pi_heif.register_heif_opener()


def _image_page(data: bytes, media_type: str, page: int, width_px: int) -> Image.Image:
    if page != 0:
        raise _Refused(Refusal.UNREADABLE)
    with _image(data, media_type) as image:
        box = (width_px, RENDERED_PIXELS_MAX // width_px)  # of the upright picture
        image.thumbnail(box[::-1] if _lies_on_its_side(image) else box, reducing_gap=1.0)
        return _without_metadata(_on_white(ImageOps.exif_transpose(image)))


def _lies_on_its_side(image: Image.Image) -> bool:
    return image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGB", layer.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white


def _without_metadata(image: Image.Image) -> Image.Image:
    """Place, time and device of a photo, and a JPEG's comment, stay in the original."""
    image.info = {}
    return image
