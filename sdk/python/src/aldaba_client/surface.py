"""How a call becomes a method of both clients: one signature, one docstring, written once."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

M = TypeVar("M", bound=Callable[..., Any])


def as_method(method: M, make: Callable[..., Any]) -> M:
    """The method under the call's name, with its words and its parameters after ``self``."""
    signature = inspect.signature(make)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    named: Any = method
    named.__name__ = make.__name__
    named.__qualname__ = make.__name__
    named.__doc__ = make.__doc__
    named.__signature__ = signature.replace(parameters=[own, *signature.parameters.values()])
    return method
