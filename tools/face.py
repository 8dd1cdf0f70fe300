"""Make the face of the figures from that of the pages: two weights, as matplotlib reads them.

Usage: .venv/bin/python tools/face.py

The pages have one file for all weights, compressed for the web; matplotlib takes neither.
`tests/book/test_drawings.py` compares the two.
"""

from __future__ import annotations

import io
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
(OF_THE_PAGES,) = (ROOT / "book" / "_static" / "atkinson").glob("*.woff2")
FOLDER = ROOT / "softmax_lessons" / "_face"
WEIGHTS = {"Regular": 400, "Bold": 700}
NEEDLESS = ["GDEF", "STAT"]


def cut(weight: int) -> bytes:
    """Return the face in one weight, for matplotlib."""
    font = TTFont(OF_THE_PAGES, recalcTimestamp=False)
    font.flavor = None
    instantiateVariableFont(font, {"wght": weight}, inplace=True, updateFontNames=True)
    for table in NEEDLESS:
        del font[table]
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


def main() -> None:
    """Write both weights."""
    for name, weight in WEIGHTS.items():
        path = FOLDER / f"AtkinsonHyperlegibleNext-{name}.ttf"
        path.write_bytes(cut(weight))
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
