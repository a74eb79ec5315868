"""The root of what this room refuses, apart so that the command line knows a refusal without loading what refused."""


class Refusal(Exception):
    """What was asked for cannot be done as it stands; the message says what was found, what is wanted and the next step.

    Said in both languages where a page shows it; where nobody wrote the Chinese, the English stands for both.
    """

    def __init__(self, en: str, zh: str = "") -> None:
        super().__init__(en)
        self.zh = zh or en

    def said(self, lang: str) -> str:
        """Return what is wrong in "zh" or "en"."""
        return str(self) if lang == "en" else self.zh
