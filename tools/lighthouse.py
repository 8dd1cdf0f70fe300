"""Ask Lighthouse for its scores of every page, on a phone with a slow connection.

Usage: python tools/lighthouse.py [PAGE ...]      (default: every page of the built book)

Each page is measured three times; the table shows the run with the median performance. The
numbers of a busy machine are too low: measure when nothing else runs.

Chromium at times holds the first picture of a loaded page back, for one or two whole seconds, as
long as a program drives it (https://github.com/GoogleChrome/lighthouse/issues/17148). Such a run
says nothing of the page, and is made again. The last column counts them. Without paint holding
it happens less often.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import browser
import npm
import serve

ROOT = Path(__file__).resolve().parent.parent
PINNED = ROOT / "tools" / "lighthouse"
INSTALLED = ROOT / "_build" / "lighthouse"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
RUNS = 3
TRIES = 9  # at most
HELD_BACK = 700  # milliseconds from the end of loading to the first picture; a page takes about 100


def measure(script: Path, address: str) -> dict[str, object]:
    """Return Lighthouse's report on a page."""
    command = [*npm.NODE, str(script), address, "--output=json", "--quiet"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-features=PaintHolding"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def measure_until_seen(script: Path, address: str) -> tuple[list[dict], int]:
    """Return the reports on a page that count, and how many do not."""
    reports: list[dict] = []
    again = 0
    while len(reports) < RUNS and len(reports) + again < TRIES:
        report = measure(script, address)
        if was_held_back(report):
            again += 1
        else:
            reports.append(report)
    return reports, again


def was_held_back(report: dict) -> bool:
    """Tell whether the browser has kept a loaded page from being seen."""
    times = report["audits"]["metrics"]["details"]["items"][0]
    return times["observedFirstContentfulPaint"] - times["observedLoad"] > HELD_BACK


def row(page: str, reports: list[dict], again: int) -> str:
    """Return the page's line of the table, from the run with the median performance."""
    if not reports:
        return f"| {page} | never painted in time |" + " |" * 4 + f" {again} |"
    reports.sort(key=lambda report: report["categories"]["performance"]["score"])
    report = reports[len(reports) // 2]
    scores = [round(100 * report["categories"][name]["score"]) for name in CATEGORIES]
    sent = report["audits"]["total-byte-weight"]["numericValue"] / 1024
    return f"| {page} | " + " | ".join(map(str, scores)) + f" | {sent:.0f} | {again} |"


def main() -> None:
    """Print the table."""
    pages = sys.argv[1:] or sorted(
        path.relative_to(serve.SITE).with_suffix("").as_posix()
        for path in serve.SITE.glob("book/**/*.html")
    )
    os.environ["CHROME_PATH"] = browser.FULL.find() or sys.exit(
        "Lighthouse needs Chromium or Chrome."
    )
    script = npm.install(PINNED, INSTALLED) / "node_modules/lighthouse/cli/index.js"
    handler = functools.partial(serve.Handler, directory=serve.SITE)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("| page | performance | accessibility | best practices | SEO | KiB sent | again |")
        print("|---|---|---|---|---|---|---|")
        for page in pages:
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            print(row(page, *measure_until_seen(script, address)), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main()
