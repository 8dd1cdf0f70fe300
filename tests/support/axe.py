"""What axe-core finds wrong with a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe


def violations(tab, part=None, contrast=True) -> list[tuple]:
    """Return each rule that is broken, with where; of the whole page, or of the part named.

    Contrasts take most of the time; whoever measures them anyway need not ask for them.
    """
    rules = {
        "color-contrast": {"enabled": contrast},
        "label-content-name-mismatch": {"enabled": True},  # experimental; Lighthouse applies it too
    }
    # `preload` would fetch style sheets again.
    options = {"preload": False, "resultTypes": ["violations"], "rules": rules}
    found = Axe().run(tab, context=part, options=options).response["violations"]
    return [(rule["id"], node["target"], node["html"]) for rule in found for node in rule["nodes"]]
