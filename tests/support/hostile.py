"""Text that would become HTML if anybody forgot to escape it, and the calls that it can go to.

A new function of `softmax_lessons.interactive` needs a line here, and a test says so.
"""

from __future__ import annotations

from softmax_lessons.interactive import (
    choice,
    double_softmax,
    explorer,
    gradient,
    normalizers,
    number,
    overflow,
    simplex,
)

RUN = "window.ran = 1"
TEXTS = {
    "tag": f"<script>{RUN}</script>",
    "picture": f'<img src="data:," onerror="{RUN}">',
    "end of an attribute": f'"><svg onload="{RUN}">',
    "other quote": f"' onfocus='{RUN}' autofocus='",
    "end of the figure": f"</table></softmax-explorer></softmax-check><b onclick={RUN}>",
    "end of a script": f"</script><script>{RUN}</script>",
    "comment": f"--><script>{RUN}</script><!--",
    "entity": "&lt;b&gt; &amp; &quot;",
    "JSON": '"], "x": ["\\"',
    "names in JavaScript": "__proto__",
}
Z = [0.25, 1.23, -0.8]
LIVE = {
    "choice": lambda text: choice(text, {text: text, "other": text}, answer=text),
    "double_softmax": lambda text: double_softmax(Z, [text, "panda", text], target=1),
    "explorer": lambda text: explorer(Z, [text, "panda", text]),
    "gradient": lambda text: gradient(Z, [text, "panda", text], target=1),
    "normalizers": lambda text: normalizers({text: Z}, [text, "panda", text]),
    "number": lambda text: number(text, text, answer=1, tolerance=0, wrong={2: text}, hint=text),
    "overflow": lambda text: overflow(Z, [text, "panda", text]),
    "simplex": lambda text: simplex(Z, [text, "panda", text]),
}
NUMBERS_ALONE = {"reliability"}  # takes no text
