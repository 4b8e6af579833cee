"""Text of HTML as html5lib, a reader by the letter of the standard, gives it."""

import html5lib


def parse(markup):
    """The tree of a piece of HTML."""
    return html5lib.parseFragment(markup, namespaceHTMLElements=False)


def text_of(element, without=()):
    """The text in an element, `<br>` as a line break, less the elements of these classes or names."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == "br":
            parts.append("\n")
        elif child.tag not in without and child.get("class") not in without:
            parts.append(text_of(child, without))
        parts.append(child.tail or "")
    return "".join(parts)


def page_text(markup):
    """The text of a piece of HTML."""
    return text_of(parse(markup))
