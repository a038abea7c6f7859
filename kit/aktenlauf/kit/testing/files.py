"""Files as people upload them, and as attackers do; made here, deterministic, without anybody's data.

`text` is printed on the page and stands in the bytes in clear, so that a search for a marked name can find it
where sealing failed. Images need Pillow.
"""

import base64
import hashlib
import random
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

TEXT = "Immatrikulationsbescheinigung Mustafa Beispiel"
_ID = b"0123456789abcdef"
_PASSWORD_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


def pdf(pages: int = 1, text: str = TEXT, size_bytes: int | None = None, catalog: bytes = b"") -> bytes:
    """A PDF of A4 pages with `text` and a page number.

    With `size_bytes` every page carries a scan, a JPEG, under its text, and the file has this size. `catalog`
    is added to the document's root dictionary, such as an action of an attacker.
    """
    contents = [_page_content(f"{text}, Seite {number} von {pages}") for number in range(1, pages + 1)]
    if size_bytes is None:
        return _document(contents, catalog=catalog)
    scan_bytes = (size_bytes - 1000) // pages - 1000
    scans = [jpeg(1240, 1754, text, scan_bytes, seed=number) for number in range(pages)]
    contents = [b"q 595 0 0 842 0 0 cm /Scan Do Q " + content for content in contents]
    return _document(contents, catalog=catalog, scans=scans, size_bytes=size_bytes)


def jpeg(
    width: int = 1600,
    height: int = 1200,
    text: str = TEXT,
    size_bytes: int | None = None,
    orientation: int = 1,
    seed: int = 0,
) -> bytes:
    """A JPEG like a photo with `text` across it and as its comment; exactly `size_bytes` if given (>=
    20,000).

    `orientation` is EXIF's, 1 to 8: what a phone writes that was held on its side.
    """
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = _photo(width, height, text, seed)
    low, high = 1, 96
    while size_bytes and high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if len(_encoded(photo, middle, text, exif)) <= size_bytes - 4 else (low, middle)
    encoded = _encoded(photo, low if size_bytes else 85, text, exif)
    return _with_comments(encoded, size_bytes - len(encoded)) if size_bytes else encoded


def png(width: int = 400, height: int = 300, text: str = TEXT) -> bytes:
    """A PNG with a transparent ground, as screenshots and cut-out signatures have."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((10, 10), text, fill=(0, 0, 0, 255))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def heic() -> bytes:
    """A HEIC of 32 x 24 pixels, left half red, right half blue. Stored, since encoders are under the GPL."""
    return base64.b64decode(_HEIC)


def encrypted_pdf(text: str = TEXT, password: str = "geheim") -> bytes:
    """A PDF that opens with `password`; with "" it opens for everybody and only forbids copying, as bank
    statements do.

    Standard security handler, revision 2 (ISO 32000-1, 7.6.3): good enough to be asked for a password.
    """
    permissions = struct.pack("<i", -64)
    user, owner = ((secret.encode() + _PASSWORD_PADDING)[:32] for secret in (password, "owner"))
    owner_entry = _rc4(hashlib.md5(owner).digest()[:5], user)
    key = hashlib.md5(user + owner_entry + permissions + _ID).digest()[:5]
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /P -64 /O <%s> /U <%s> >>" % (
        owner_entry.hex().encode(),
        _rc4(key, _PASSWORD_PADDING).hex().encode(),
    )
    return _document([_page_content(text)], encrypt=encrypt, key=key)


def png_bomb(side: int = 40_000) -> bytes:
    """A PNG of some 200 kB that takes `side` x `side` bytes of memory once decoded."""
    rows = _deflated_run(0, side * (side // 8 + 1))
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, body) for kind, body in chunks)


def pdf_bomb(inflated_bytes: int = 1_000_000_000) -> bytes:
    """A PDF of a few kB whose page content inflates twice, to `inflated_bytes`: it takes its parser's process
    along."""
    packed = zlib.compress(_deflated_run(0x20, inflated_bytes), 9)
    return _document([packed], filters=b"/Filter [/FlateDecode /FlateDecode]")


def eicar() -> bytes:
    """The test file that every virus scanner reports (eicar.org). In two halves, lest one reports this
    module."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def _page_content(text: str) -> bytes:
    shown = text.encode("cp1252", "replace")
    for sign in (b"\\", b"(", b")"):
        shown = shown.replace(sign, b"\\" + sign)
    return b"BT /F1 14 Tf 60 780 Td (%s) Tj ET" % shown


def _document(
    contents: list[bytes],
    catalog: bytes = b"",
    scans: list[bytes] | None = None,
    size_bytes: int | None = None,
    filters: bytes = b"",
    encrypt: bytes = b"",
    key: bytes = b"",
) -> bytes:
    """Objects: 1 catalog, 2 page tree, 3 font, then page, content and scan of each page in turn."""
    kids = b" ".join(b"%d 0 R" % (4 + 3 * index) for index in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        b"<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 595 842] >>" % (len(contents), kids),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for index, content in enumerate(contents):
        number = 4 + 3 * index
        sealed = _rc4(hashlib.md5(key + struct.pack("<I", number + 1)[:3] + b"\0\0").digest()[:10], content)
        resources = b"/Font << /F1 3 0 R >> " + (b"/XObject << /Scan %d 0 R >>" % (number + 2) if scans else b"")
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << %s >> >>" % (number + 1, resources)
        )
        objects.append(_stream(filters, sealed if key else content))
        objects.append(_stream(_SCAN, scans[index]) if scans else b"null")
    trailer = b"/Encrypt %s" % encrypt if encrypt else b""
    return _assembled(objects, trailer, size_bytes)


_SCAN = (
    b"/Type /XObject /Subtype /Image /Width 1240 /Height 1754"
    b" /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode"
)


def _stream(entries: bytes, body: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(body), body)


def _assembled(objects: list[bytes], trailer: bytes, size_bytes: int | None) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    identity = _ID.hex().encode()
    table += b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] %s >>\n" % (
        len(objects) + 1,
        identity,
        identity,
        trailer,
    )
    table += b"startxref\n%010d\n%%%%EOF\n"
    if size_bytes:
        missing = size_bytes - len(out) - len(table % 0)
        out += b"%" + b" " * (missing - 2) + b"\n"
    return bytes(out) + table % len(out)


def _rc4(key: bytes, data: bytes) -> bytes:
    if not key:
        return data
    box = list(range(256))
    at = 0
    for index in range(256):
        at = (at + box[index] + key[index % len(key)]) % 256
        box[index], box[at] = box[at], box[index]
    out, first, second = bytearray(), 0, 0
    for byte in data:
        first = (first + 1) % 256
        second = (second + box[first]) % 256
        box[first], box[second] = box[second], box[first]
        out.append(byte ^ box[(box[first] + box[second]) % 256])
    return bytes(out)


def _photo(width: int, height: int, text: str, seed: int) -> "Image.Image":
    from PIL import Image, ImageDraw, ImageFont

    grain = random.Random(seed)
    size = (width // 3, height // 3)
    bands = [Image.frombytes("L", size, grain.randbytes(size[0] * size[1])) for _ in range(3)]
    noise = Image.merge("RGB", bands).resize((width, height))
    light = Image.linear_gradient("L").resize((width, height)).point(lambda value: 150 + value * 0.4)
    photo = Image.blend(Image.merge("RGB", (light, light, light)), noise, 0.25)
    draw, font = ImageDraw.Draw(photo), ImageFont.load_default(max(12, width // 40))
    for line in range(1, 9):
        draw.text((width // 20, line * height // 10), text, fill=(0, 0, 0), font=font)
    return photo


def _encoded(photo: "Image.Image", quality: int, comment: str, exif: "Image.Exif") -> bytes:
    out = BytesIO()
    photo.save(out, "JPEG", quality=quality, comment=comment.encode(), exif=exif)
    return out.getvalue()


def _with_comments(encoded: bytes, missing_bytes: int) -> bytes:
    """Brings a JPEG to its size by comment segments before its end marker's image data, which decoders
    skip."""
    comments = b""
    while missing_bytes > 0:
        length = min(missing_bytes, 60_000)
        if 0 < missing_bytes - length < 4:  # a segment has at least four bytes
            length -= 4
        comments += b"\xff\xfe" + struct.pack(">H", length - 2) + b" " * (length - 4)
        missing_bytes -= length
    return encoded[:2] + comments + encoded[2:]


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _deflated_run(byte: int, count: int) -> bytes:
    """`count` times one byte as a zlib stream, put together from one compressed block instead of compressing
    it all."""
    block_bytes = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes([byte]) * block_bytes) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes([byte]) * (count % block_bytes)) + packer.flush()
    low = (1 + count * byte) % 65521  # Adler-32 of a run, in closed form
    high = (count + byte * count * (count + 1) // 2) % 65521
    return b"\x78\xda" + block * (count // block_bytes) + rest + struct.pack(">I", high << 16 | low)


_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAAFMAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNs"
    "eAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAIAAAAAEAAAAYAAAAAf///+AAAAAC////2AAAAAIAAAAQcGl4"
    "aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAW21kYXQAAABPKAGvUhdPdOb86r//lSv/6cSQ8nEAr/8NvVfX98/0"
    "o2EH7a9L5URCLI9xSUDzUFE4KtCg4BQwMz465So4T5Sa91CZQxYS3hPqqGF3rHCw7g=="
)
