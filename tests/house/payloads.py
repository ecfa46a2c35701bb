"""What somebody may type who means harm (BR6), and how to tell whether it was taken for more.

Each text says `zq<n>`, so that it is found wherever it is shown.
"""

from __future__ import annotations

from html.parser import HTMLParser

RUN = "window.__xss=1;alert(1)"
PAYLOADS = [
    f"zq0<script>{RUN}</script>",
    f"zq1\"'><img src=x onerror={RUN}>",
    f"zq2' onmouseover='{RUN}' x='",
    f"javascript:{RUN}//zq3",
    "zq4{{7*7}}{% now 'Y' %}${7*7}",
    f'zq5"}}]</script><script>{RUN}</script>',
    "zq6\r\nBcc: mallory@evil.example\r\nEND:VEVENT\r\nX-ZQ:1",
    "zq7\u202egpj.exe",
    '=HYPERLINK("http://evil.example/zq8","x")',
    f"zq9<svg onload={RUN}>",
    f"zq10--><b onclick={RUN}><!--",
    f"zq11</textarea></title></style><iframe srcdoc='<script>{RUN}</script>'>",
]
LONG = "zq12<b>" + "x" * 240
TINY = "zq13'\"><b onclick=1>"  # fits beside other text
MARKS = [f"zq{n}" for n in range(14)]
# Charts are drawn as SVG; what in one could run or load something is none of them.
FORBIDDEN = ("iframe", "object", "embed", "base", "foreignobject", "use", "image", "animate", "set")


def short(number: int, limit: int) -> str:
    """One of them that fits a field of this length; the first that does."""
    found = [text for text in PAYLOADS[number % 12 :] + PAYLOADS if len(text) <= limit]
    return found[0]


class Page(HTMLParser):
    """What a browser would make of a page, as far as it could run something."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.shown: list[str] = []
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag if tag in ("script", "style") else ""
        said = {name: value or "" for name, value in attrs}
        if tag in FORBIDDEN or (tag == "script" and "src" not in said and "type" not in said):
            self.faults.append(f"<{tag}> {said}")
        for name, value in said.items():
            if name.startswith("on") or name == "srcdoc" or name == "style":
                self.faults.append(f"{tag} {name}={value}")
            address = name in ("href", "src", "action", "formaction") or name.startswith("hx-")
            if address and value.strip().lower().startswith(("javascript:", "data:")):
                self.faults.append(f"{tag} {name}={value}")
            self.shown.append(value)

    def handle_comment(self, data: str) -> None:
        if "zq" in data:
            self.faults.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        if self.inside and "zq" in data:
            self.faults.append(f"in <{self.inside}>: {data[:80]}")
        self.shown.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""
