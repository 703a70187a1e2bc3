"""The one failure of a configuration: which setting, what was found, what is expected, what to do."""


class SettingsError(Exception):
    """Stops the start. ``found`` never shows a secret."""

    def __init__(self, setting: str, found: str, expected: str, cure: str) -> None:
        super().__init__(f"{setting}: found {found}; expected {expected}. {cure}")
        self.setting = setting
        self.found = found
        self.expected = expected
        self.cure = cure
