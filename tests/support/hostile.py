"""Text that would become HTML if anybody forgot to escape it, and the calls that it can go to."""

from __future__ import annotations

import functools

from support import live

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
LIVE = {name: functools.partial(live.example, name) for name in live.WITH_TEXT}
