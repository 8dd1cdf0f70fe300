"""Ask Lighthouse for its scores of every page, on a phone with a slow connection.

Usage: python tools/lighthouse.py [PAGE ...]      (default: every page of the built book)

Each page is measured three times; the table shows the run with the median performance. The
numbers of a busy machine are too low: measure when nothing else runs.
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


def measure(script: Path, address: str) -> dict[str, object]:
    """Return Lighthouse's report on a page."""
    command = [*npm.NODE, str(script), address, "--output=json", "--quiet"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--chrome-flags=--headless=new --no-sandbox"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def row(page: str, reports: list[dict]) -> str:
    """Return the page's line of the table, from the run with the median performance."""
    reports.sort(key=lambda report: report["categories"]["performance"]["score"])
    report = reports[len(reports) // 2]
    scores = [round(100 * report["categories"][name]["score"]) for name in CATEGORIES]
    sent = report["audits"]["total-byte-weight"]["numericValue"] / 1024
    return f"| {page} | " + " | ".join(map(str, scores)) + f" | {sent:.0f} |"


def main() -> None:
    """Print the table."""
    pages = sys.argv[1:] or sorted(
        path.relative_to(serve.SITE).with_suffix("").as_posix()
        for path in serve.SITE.glob("book/**/*.html")
    )
    os.environ["CHROME_PATH"] = browser.CHROMIUM.find() or sys.exit(
        "Lighthouse needs Chromium or Chrome."
    )
    script = npm.install(PINNED, INSTALLED) / "node_modules/lighthouse/cli/index.js"
    handler = functools.partial(serve.Handler, directory=serve.SITE)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("| page | performance | accessibility | best practices | SEO | KiB sent |")
        print("|---|---|---|---|---|---|")
        for page in pages:
            address = f"http://127.0.0.1:{server.server_port}/{page}.html"
            print(row(page, [measure(script, address) for _ in range(RUNS)]), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main()
