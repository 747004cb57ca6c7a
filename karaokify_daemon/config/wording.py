"""What is wrong with a value, in words like those of our own checks: key = value, and a clause."""

from collections.abc import Mapping
from math import isnan
from typing import Any

_OWN = "Value error, "
_NUMBER, _WHOLE, _TABLE = "is not a number", "is not a whole number", "is not a table"
# By pydantic's names of errors: https://docs.pydantic.dev/latest/errors/validation_errors/
_CLAUSES = {
    "greater_than_equal": "is less than {ge}",
    "greater_than": "is not more than {gt}",
    "less_than_equal": "is more than {le}",
    "less_than": "is not less than {lt}",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "finite_number": _NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "string_type": "is not a text",
    "string_too_short": "is shorter than {min_length} character(s)",
    "string_too_long": "is longer than {max_length} characters",
    "string_pattern_mismatch": "is not of the form {pattern}",
    "literal_error": "is not {expected}",
    "tuple_type": "is not a list",
    "path_type": "is not a path",
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "extra_forbidden": "is not a known key",
}


def clause(detail: Mapping[str, Any]) -> str:
    """Return what is wrong, from one of the details of pydantic's ValidationError.

    >>> clause({"type": "greater_than_equal", "ctx": {"ge": 1.0}, "input": 0, "msg": ""})
    'is less than 1'
    """
    value = detail["input"]
    if isinstance(value, float) and isnan(value) and "than" in detail["type"]:
        return _NUMBER
    context = {name: _shown(limit) for name, limit in detail.get("ctx", {}).items()}
    found = _CLAUSES.get(detail["type"])
    return found.format(**context) if found else str(detail["msg"]).removeprefix(_OWN)


def _shown(limit: Any) -> Any:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit
