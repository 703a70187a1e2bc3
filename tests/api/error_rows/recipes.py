"""All of it: one recipe for each row of the contract."""

from tests.api.error_rows.provoking import LOGIN_AND_KEYS, Recipe
from tests.api.error_rows.recovering import RECOVERY
from tests.api.error_rows.tokens import TOKENS

RECIPES: dict[tuple[str, int, str], Recipe] = LOGIN_AND_KEYS | RECOVERY | TOKENS
