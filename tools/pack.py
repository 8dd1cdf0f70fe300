"""Pack site, notebooks and wheels into one archive for a memory stick, and try it offline.

Usage: python tools/pack.py [NOTEBOOK ...]      (default: two that need files and PyTorch)

The archive is for the system and the Python that pack it; its pages work everywhere. Names and
files are such that a stick can hold them: no links, no executables. Then the archive is unpacked,
every page is opened from the disk, and the notebooks named run from the wheels, all of it in a
network namespace that leads nowhere. Where the system has no such namespaces, a line says so.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path

import browser
import lab
import tomllib
from bootstrap import CPU_INDEX, REQUIREMENTS, cpu_index_answers, pins
from playwright.sync_api import BrowserContext, TimeoutError, sync_playwright

ROOT = lab.ROOT
SITE = ROOT / "_build" / "html"
STICK = ROOT / "tools" / "stick"
NAME = "softmax-lessons"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
FOR = {
    "version": VERSION,
    "system": platform.system(),
    "machine": platform.machine(),
    "python": "{}.{}".format(*sys.version_info),
}
MACHINE = "{system} ({machine}) with Python {python}".format(**FOR)
FILE = "{version}-{system}-{machine}-python{python}.zip".format(**FOR).lower()
ARCHIVE = ROOT / "_build" / f"{NAME}-{FILE}"
FORBIDDEN = re.compile(r'[\x00-\x1f"*:<>?\\|]|[. ]$')  # in a name, on FAT
NOTEBOOKS = ["book/1-probabilities/softmax.ipynb", "book/2-mathematics/jacobian.ipynb"]
SEARCH = ("logits", "book/1-probabilities/scores")  # a word, and a page that it is on

LOOK = """async () => {
    const wrong = [];
    for (const image of document.images) {
        image.loading = "eager";
        await image.decode().catch(() => wrong.push(`no picture: ${image.src}`));
    }
    const formulas = [...document.querySelectorAll(".katex-html")];
    const formula = formulas.find(one => one.getClientRects().length);
    formula?.scrollIntoView();
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const fonts = [...await document.fonts.ready];
    const loaded = fonts.some(font => /KaTeX/.test(font.family) && font.status === "loaded");
    if (formula && !loaded) wrong.push("no font for the formulas");
    for (const live of document.querySelectorAll(".softmax-live")) {
        if (!live.querySelector("form")) wrong.push(`does not come up: ${live.textContent.trim()}`);
    }
    if (!document.styleSheets.length) wrong.push("no style sheet");
    return wrong;
}"""


# --- packing -------------------------------------------------------------------------------------


def pack(archive: Path) -> None:
    """Write the archive."""
    with tempfile.TemporaryDirectory(prefix="bundle-", dir=archive.parent) as place:
        folder = Path(place, NAME)
        # The page for addresses that lead nowhere is for hosts: its links start at their root.
        shutil.copytree(SITE, folder / "site", ignore=shutil.ignore_patterns("404.html"))
        for file in [*ROOT.glob("book/**/*.ipynb"), *ROOT.glob("book/**/*.md")]:
            copy(file, folder / "notebooks")
        copy(ROOT / "benchmarks" / "results.json", folder / "notebooks")
        collect_wheels(folder / "wheels")
        packed = datetime.now(timezone.utc).isoformat(timespec="seconds")
        (folder / "wheels" / "for.json").write_text(json.dumps(FOR | {"packed": packed}))
        shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
        shutil.copyfile(STICK / "start.py", folder / "start.py")
        text = (STICK / "README.txt").read_text(encoding="utf-8")
        (folder / "README.txt").write_text(text.format(**FOR), encoding="utf-8")
        if wrong := awkward(names_in(folder)):
            sys.exit("A memory stick cannot hold these names:\n" + "\n".join(wrong))
        print("Writing the archive ...", flush=True)
        done = shutil.make_archive(f"{place}/done", "zip", root_dir=place, base_dir=NAME)
        os.replace(done, archive)


def copy(file: Path, folder: Path) -> None:
    """Copy a file of the project to the same place below a folder, but for what editors leave."""
    if ".ipynb_checkpoints" not in file.parts:
        target = folder / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def collect_wheels(folder: Path) -> None:
    """Build our wheel; download everything that it needs, as pinned, for this machine."""
    download = ["pip", "download", "--quiet", "--dest", str(folder), "--only-binary", ":all:"]
    with tempfile.TemporaryDirectory() as place:
        python("build", "--no-isolation", "--outdir", place, str(ROOT))
        (wheel,) = Path(place).glob("*.whl")
        folder.mkdir(parents=True)
        shutil.copyfile(wheel, folder / wheel.name)
        print("Downloading the wheels ...", flush=True)
        if sys.platform == "linux" and cpu_index_answers():
            torch = next(pin for pin in pins() if pin.startswith("torch=="))
            python(*download, "--no-deps", torch, "--index-url", CPU_INDEX)
        found = ["--find-links", str(folder), "--constraint", str(REQUIREMENTS)]
        python(*download, *found, f"{folder / wheel.name}[lessons,lab]")
    pinned = {pin.partition("==")[0] for pin in pins()} | {NAME}
    names = {plain(file.name.partition("-")[0]) for file in folder.glob("*.whl")}
    if extra := sorted(names - pinned):
        sys.exit(
            f"requirements.txt does not pin {', '.join(extra)}. If that belongs to PyTorch's build "
            f"for GPUs: try again where {CPU_INDEX} can be reached."
        )


def python(*module: str) -> None:
    """Run a module; end with what it says if it fails."""
    command = [sys.executable, "-m", *module]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"python -m {' '.join(module[:2])} failed:\n{done.stdout}{done.stderr}")


def plain(name: str) -> str:
    """Return the name of a package as requirements.txt writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def awkward(names: list[str]) -> list[str]:
    """Return the paths that no stick can hold: odd names, and names that differ in case alone."""
    same = Counter(name.lower() for name in names)
    odd = [name for name in names if any(map(FORBIDDEN.search, name.split("/")))]
    return sorted({*odd, *(name for name in names if same[name.lower()] > 1)})


def names_in(folder: Path) -> list[str]:
    """Return the path of everything below a folder."""
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*")]


# --- trying --------------------------------------------------------------------------------------


def look(context: BrowserContext, file: Path) -> list[str]:
    """Open a page from the disk; return what is wrong with it."""
    wrong: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("requestfailed", lambda request: wrong.append(f"no answer: {request.url}"))
    page.goto(file.as_uri(), wait_until="networkidle")
    wrong += page.evaluate(LOOK)
    page.close()
    return wrong


def finds(context: BrowserContext, site: Path, word: str, goal: str) -> bool:
    """Look for a word on the page that searches; tell whether that leads to the page `goal`."""
    page = context.new_page()
    page.goto((site / "search.html").as_uri(), wait_until="networkidle")
    page.locator("main input[type=search]").fill(word)
    page.keyboard.press("Enter")
    try:
        page.locator(f"#search-results li a[href*='{goal}.html']").first.wait_for(timeout=20_000)
    except TimeoutError:
        return False
    finally:
        page.close()
    return True


def read(site: Path) -> bool:
    """Open every page of the site; tell whether all is well."""
    wrong = []
    files = sorted(site.rglob("*.html"))
    with sync_playwright() as playwright:
        chromium = browser.find() or sys.exit("This needs Chromium or Chrome.")
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = launched.new_context(offline=True)  # for systems without namespaces
        for file in files:
            for text in look(context, file):
                wrong.append(f"{file.relative_to(site)}: {text}")
        if not finds(context, site, *SEARCH):
            wrong.append("the search for {} does not find {}".format(*SEARCH))
        launched.close()
    print("\n".join([f"{len(files)} pages opened from the disk.", *wrong]), flush=True)
    return not wrong


def run(folder: Path, notebooks: Iterable[str]) -> bool:
    """Install from the wheels and run the notebooks; tell whether all is well."""
    home = folder.parent / "home"  # no settings, no caches
    home.mkdir()
    os.environ.update(HOME=str(home), PIP_CONFIG_FILE=os.devnull)
    interpreter = Path(sys.base_prefix, "bin", f"python{FOR['python']}")
    subprocess.run([interpreter, folder / "start.py", "--only-install"], check=True)
    command = [str(folder / "environment" / "bin" / "python"), "-m", "jupyter", "lab"]
    with lab.server(command, folder / "notebooks") as address:
        return not any(seen.wrong for seen in lab.rehearse(address, list(notebooks)))


def check(archive: Path, notebooks: list[str]) -> None:
    """Unpack the archive and try all of it, in the network that this process has."""
    if os.environ.get("NO_NET"):
        bring_up_loopback()
        if reaches_out():
            sys.exit("The network should be closed, and is not.")
    with tempfile.TemporaryDirectory(prefix="memory stick für ") as place:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place)
        folder = Path(place, NAME)
        fine = [read(folder / "site"), run(folder, notebooks)]
    if not all(fine):
        sys.exit("The bundle does not work.")


def closed() -> list[str]:
    """Return how to run a command without a network; nothing where that cannot be."""
    command = ["unshare", "--user", "--map-root-user", "--net"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        print("This system closes no network for one program: trying with the network open.")
        return []
    print("Trying the archive with the network closed.", flush=True)
    return ["env", "NO_NET=1", *command]


def bring_up_loopback() -> None:
    """Let programs of a new network namespace talk to each other."""
    interface = struct.pack("16sh22x", b"lo", 1)  # IFF_UP
    with socket.socket() as asking:
        fcntl.ioctl(asking, 0x8914, interface)  # SIOCSIFFLAGS


def reaches_out() -> bool:
    """Tell whether there is a way out of this machine."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # sends nothing, but looks for the way
        except OSError:
            return False
    return True


def main() -> None:
    """Pack, and try what was packed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", type=Path, metavar="ARCHIVE", help="try this one, pack nothing")
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", default=NOTEBOOKS)
    given = parser.parse_args()
    if given.check:
        check(given.check, given.notebooks)
        return
    pack(ARCHIVE)
    command = [*closed(), sys.executable, __file__, "--check", ARCHIVE, *given.notebooks]
    status = subprocess.run(command, check=False).returncode
    print(f"{ARCHIVE.relative_to(ROOT)}: {ARCHIVE.stat().st_size / 1e6:.0f} MB, for {MACHINE}.")
    sys.exit(status)


if __name__ == "__main__":
    main()
