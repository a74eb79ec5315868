"""What can go wrong below the web: one small tree."""


class LayerError(Exception):
    """A fault that a person can act on; the message names the thing, what was found, what was wanted and the next step.

    Said in both languages where a page shows it; where nobody wrote the Chinese, the English stands for both.
    """

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.zh = zh or en

    def said(self, lang: str) -> str:
        """Return what is wrong in "zh" or "en"."""
        return str(self) if lang == "en" else self.zh


class FeedError(LayerError):
    """A file cannot be imported at all. Single bad rows are not errors: they go to the receipt."""


class UndeclaredError(FeedError):
    """A file holds personal data that its feed does not declare."""


class ProfileError(LayerError):
    """A mapping profile names a column or code that the feed does not have."""


class StoreError(LayerError):
    """The store cannot be opened, is damaged, or is not the kind of store that was asked for."""


class KnowledgeError(StoreError):
    """A write claims to have been known before something that the store already knows."""


class ViewError(LayerError):
    """A view names an area, a time or a filter that cannot be understood."""


class RuleError(LayerError):
    """A rule set is missing, or none is in force on the day asked for."""


class Cancelled(LayerError):
    """A person stopped a long piece of work; nothing was written."""
