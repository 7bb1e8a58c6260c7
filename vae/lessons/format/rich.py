"""Markdown's paragraphs, lists, emphasis, code and links as trees of texts; anything else is a mistake.

A tree is a list of nodes; a node is a text, or [tag, …nodes] with a tag of TAGS, or ["a", address, …nodes].
"""
# markdown-it-py is imported where it is used: most pages of the app need no lesson.

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from vae.lessons.format.mistakes import Mistakes

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Rich = list[Any]  # JSON of a tree; its type in the scripts is Rich

TAGS = ("p", "ul", "ol", "li", "em", "strong", "code", "br")
LONGEST_LINK = 2000
_NAMES = {
    "heading_open": "a heading",
    "fence": "a block of code",
    "code_block": "a block of code, which an indented line begins",
    "blockquote_open": "a quotation",
    "hr": "a rule",
    "image": "a picture",
    "html_block": "HTML",
    "html_inline": "HTML",
}
_ALLOWED = "paragraphs, lists, *emphasis*, **strong**, `code` and [links](https://…)"


def blocks(source: str, first_line: int, mistakes: Mistakes) -> Rich:
    """The tree of a text of several paragraphs and lists. first_line: the file's line in which it begins."""
    return _tree(_markdown().parse(source), first_line, mistakes)


def inline(source: str, line: int, mistakes: Mistakes) -> Rich:
    """The tree of a text of one paragraph."""
    return _tree(_markdown().parseInline(source), line, mistakes)


def texts(tree: Sequence[Any]) -> Iterator[str]:
    """Each text of a tree, without tags and addresses."""
    for node in tree:
        if isinstance(node, str):
            yield node
        else:
            yield from texts(node[2:] if node[0] == "a" else node[1:])


def replaced(tree: Rich, change: Callable[[str], str]) -> Rich:
    """The tree with each text changed."""
    return [change(node) if isinstance(node, str) else _changed(node, change) for node in tree]


def plain(tree: Rich) -> str:
    """The words of a tree; a space after each paragraph and each item."""
    words = "".join(node if isinstance(node, str) else _plain_of(node) for node in tree)
    return re.sub(r" +", " ", words).strip()


def is_web_link(address: str) -> bool:
    """Whether this is the address of a page in the web."""
    return len(address) <= LONGEST_LINK and re.match(r"https?://[^/\s\\]", address, re.ASCII) is not None


def _changed(node: list[Any], change: Callable[[str], str]) -> list[Any]:
    head = 2 if node[0] == "a" else 1
    return [*node[:head], *replaced(node[head:], change)]


def _plain_of(node: list[Any]) -> str:
    text = plain(node[2:] if node[0] == "a" else node[1:])
    return f"{text} " if node[0] in ("p", "li", "br", "ul", "ol") else text


@cache
def _markdown() -> "MarkdownIt":
    """CommonMark. HTML and every link are recognised, so that they can be refused."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark")
    markdown.validateLink = lambda url: True  # type: ignore[method-assign]
    return markdown


def _tree(tokens: "Sequence[Token]", line: int, mistakes: Mistakes) -> Rich:
    """The tree of a flat list of tokens. line: of the text's beginning."""
    heads: list[Rich] = [[]]  # of the open elements: tag and address
    inside: list[Rich] = [[]]  # of each of them: its nodes
    for token in tokens:
        at = line + token.map[0] if token.map else line
        if token.type == "inline":
            inside[-1].extend(_tree(token.children or [], at, mistakes))
        elif token.nesting == 1:
            heads.append(_head(token, at, mistakes))
            inside.append([])
        elif token.nesting == -1:
            head, nodes = heads.pop(), inside.pop()
            inside[-1].extend([[*head, *nodes]] if head else nodes)
        else:
            _append(inside[-1], _leaf(token, at, mistakes))
            line += token.type in ("softbreak", "hardbreak")
    return inside[0]


def _head(token: "Token", line: int, mistakes: Mistakes) -> list[Any]:
    """Tag and address of an element; [] for what is shown as its content alone."""
    if token.type == "paragraph_open" and token.hidden:  # of an item in a list without empty lines
        return []
    if token.type == "link_open":
        address = str(token.attrs.get("href", ""))
        if is_web_link(address):
            return ["a", address]
        mistakes.add(line, f"A link must begin with https:// or http://, not {address[:40]!r}.")
    elif token.tag in TAGS:
        return [token.tag]
    else:
        _refuse(token, line, mistakes)
    return []


def _leaf(token: "Token", line: int, mistakes: Mistakes) -> Any:
    match token.type:
        case "text":
            return token.content
        case "softbreak":
            return " "
        case "hardbreak":
            return ["br"]
        case "code_inline":
            return ["code", token.content]
    _refuse(token, line, mistakes)
    return ""


def _append(nodes: Rich, node: Any) -> None:
    """Appends a node; a text after a text becomes part of it."""
    if isinstance(node, str) and nodes and isinstance(nodes[-1], str):
        nodes[-1] += node
    elif node != "":
        nodes.append(node)


def _refuse(token: "Token", line: int, mistakes: Mistakes) -> None:
    name = _NAMES.get(token.type, f"{token.type!r}")
    mistakes.add(line, f"A lesson's text may not have {name}; it may have {_ALLOWED}.")
