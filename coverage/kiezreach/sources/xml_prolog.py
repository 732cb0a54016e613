"""What stands before the first element of an XML document, where entities are declared."""

from __future__ import annotations

from collections.abc import Iterable
from xml.parsers import expat


def declares_type(pieces: Iterable[bytes]) -> bool:
    """Return whether an XML document has a document type declaration.

    No format that is read here needs one, and only there can entities be declared: those that grow
    without measure when they are replaced, and those that name files and addresses.

    Parameters
    ----------
    pieces
        The document, in order; no more of it is taken than is needed. What is no XML has none.
    """
    found: list[bool] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: found.append(True)
    parser.StartElementHandler = lambda *_: found.append(False)
    try:
        for piece in pieces:
            parser.Parse(piece)
            if found:
                break
    except expat.ExpatError:
        pass  # the reader of the document says what is wrong with it
    return bool(found) and found[0]
