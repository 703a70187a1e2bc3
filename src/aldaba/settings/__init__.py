"""Settings: typed, from one file and the environment; each remembers where it came from."""

from aldaba.settings.loading import load
from aldaba.settings.mistakes import SettingsError
from aldaba.settings.safety import unsafe
from aldaba.settings.shape import Mode, Settings
from aldaba.settings.unsafe import Unsafe

__all__ = ["Mode", "Settings", "SettingsError", "Unsafe", "load", "unsafe"]
