"""The documentation as a site: its strict build, and that nobody has to be online to read it."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools import architecture_picture

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"  # whoever fetches something while it builds fails
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    offline = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), NOBODY)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | offline,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Loaded(HTMLParser):
    """Collects what a page loads, and the text of its links."""

    def __init__(self, page):
        super().__init__()
        self.addresses, self.classes = set(), set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.classes |= set((found.get("class") or "").split())
        if tag in LOADS and (address := found.get(LOADS[tag])):
            self.addresses.add(address)


def test_it_has_every_page(site):
    pages = {p.relative_to(ROOT / "docs").with_suffix(".html") for p in ROOT.glob("docs/**/*.md")}
    assert pages <= {path.relative_to(site) for path in site.rglob("*.html")}
    start = (site / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{page}"' in start for page in pages - {Path("index.html")})


def test_it_loads_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        loaded = Loaded(page)
        foreign = [a for a in loaded.addresses if "//" in a]
        assert not foreign, (page, foreign)
        assert "mermaid" not in loaded.classes, "mermaid is fetched from a server"
        for address in loaded.addresses:
            if page.name != "404.html" and not address.startswith(("data:", "#")):
                assert (page.parent / address.partition("?")[0]).exists(), (page, address)
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"url\(\s*['\"]?(https?:)?//|@import", text), sheet


def test_it_can_be_searched(site):
    assert "settle_seconds" in (site / "search/search_index.json").read_text(encoding="utf-8")


def test_the_picture_of_the_layers_is_up_to_date():
    assert architecture_picture.PICTURE.read_text("utf-8") == architecture_picture.picture()


def test_the_picture_shows_the_layers_that_are_checked():
    layers = re.search(r"^layers = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    checked = re.findall(r'"(\w+)"', layers[1])
    assert ["__main__", *(layer.name for layer in architecture_picture.LAYERS)] == checked
