"""The map's texts as templates: the page fills their fields in when a reader switches."""

from __future__ import annotations

from kiezreach.outputs.texts import Texts


class Templates(Texts):
    """A catalogue whose texts are also wanted unfilled."""

    def unfilled(self) -> dict[str, str]:
        """Return every text in the catalogue's language, its fields still in braces."""
        return {key: self._texts[key][self.language] for key in sorted(self._texts)}
