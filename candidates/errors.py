"""Why an act was not done, in the words that people see."""


class Refused(Exception):
    """An act was refused and nothing was changed; the text says why and what to do, `about` which field."""

    def __init__(self, sentence: str, *, about: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.about = about
