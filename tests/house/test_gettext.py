"""Every text that a person reads goes through gettext, from the first line on."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = [one for one in (ROOT / "templates").rglob("*.*") if one.suffix in (".html", ".txt")]
TRANSLATED = re.compile(r"{%\s*blocktranslate.*?{%\s*endblocktranslate\s*%}", re.S)
COMMENTS = re.compile(
    r"{#.*?#}|{%\s*comment.*?{%\s*endcomment\s*%}|<!--.*?-->|<!doctype[^>]*>", re.S
)
CODE = re.compile(r"{%.*?%}|{{.*?}}", re.S)
SAID = re.compile(r'\b(?:title|alt|placeholder|aria-label|aria-description)="([^"]*)"')
NAMES = re.compile(
    r"{%\s*block (?:body_class|extra_tags)\s*%}.*?{%\s*endblock\s*%}"
    r"|{%\s*setvar \w+\s*%}.*?{%\s*endsetvar\s*%}"
    r"|<script[^>]*json[^>]*>.*?</script>",
    re.S,
)
READ = {"label", "help_text", "empty_label", "sentence", "default_error_message"}
TAGS = re.compile(r"<[^>]*>", re.S)
WORD = re.compile(r"[^\W\d_]{2,}")


def bare_words(text: str) -> list[str]:
    """Words that stand in a template as they are, in its text or in an attribute that is read."""
    for pattern in (COMMENTS, TRANSLATED, NAMES, CODE):
        text = pattern.sub(" ", text)
    attributes = " ".join(SAID.findall(text))
    return WORD.findall(TAGS.sub(" ", re.sub(r"&\w+;", " ", text)) + " " + attributes)


def test_no_template_says_a_word_of_its_own():
    said = {str(one.relative_to(ROOT)): bare_words(one.read_text("utf-8")) for one in TEMPLATES}
    assert len(said) > 60
    assert not {path: words for path, words in said.items() if words}


def bare_strings(tree: ast.AST) -> list[str]:
    """Plain strings where a person will read them: labels, help, messages, sentences."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += [word.value for word in node.keywords if word.arg in READ]
            said = ast.unparse(node.func)
            if re.fullmatch(r"messages\.\w+", said):
                found += node.args[1:]
            if said.endswith("ValidationError"):
                found += node.args
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in READ:
            found.append(node.value)
    constants = [one.value for one in found if isinstance(one, ast.Constant)]
    return [one for one in constants if isinstance(one, str) and WORD.search(one)]


def test_no_label_message_or_sentence_is_a_plain_string():
    doors = ["accounts/web", "accounts/errors.py", "scheduling/web", "scheduling/errors.py"]
    files = [
        f for d in doors for f in ([ROOT / d] if d.endswith(".py") else (ROOT / d).rglob("*.py"))
    ]
    said = {str(f.relative_to(ROOT)): bare_strings(ast.parse(f.read_text("utf-8"))) for f in files}
    assert len(said) > 60
    assert not {path: words for path, words in said.items() if words}
