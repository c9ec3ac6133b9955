"""Cases 10, 12, 13 and 15: the table of rights is whole, and what is not shown cannot be asked about."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest

import evergrove
from evergrove import access
from evergrove.access import Actor, check_condition, may, operator, require, right_of_verb, rights_of, sight
from evergrove.access.errors import FieldMasked, RightMissing, UnknownRight
from evergrove.access.rights import OF_CLASS, RIGHTS, SINGLY, TABLE, WITHOUT
from evergrove.access.types import FIELD_CLASSES, ROLES, Role
from evergrove.app import Workspace
from evergrove.ingest.tables.declared import Class

SOURCES = Path(evergrove.__file__).parent
NO_VERB = {"alone"}
"""Public names of a workspace that do nothing by themselves."""


def actor(role: Role, *, sees_personal: bool = False) -> Actor:
    """Somebody with the rights of a role."""
    return Actor("a" * 32, rights_of(role, sees_personal=sees_personal), "login")


def test_case_10_every_verb_of_a_workspace_asks_for_exactly_one_right() -> None:
    """A verb without an entry fails here, and so does an entry for a verb that is gone."""
    verbs = {
        name
        for name, value in vars(Workspace).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    named = [verb for right in TABLE for verb in right.verbs]

    assert sorted(named) == sorted(verbs - NO_VERB)
    assert right_of_verb("erase") == "persons.erase"
    with pytest.raises(UnknownRight):
        right_of_verb("alone")


def test_case_10_every_right_is_somebodys_and_the_administrators() -> None:
    """No row without a role, no role that does not exist, no name twice."""
    assert len(RIGHTS) == len(TABLE)
    for right in TABLE:
        assert set(right.roles) <= set(ROLES)
        assert "admin" in right.roles
        assert right.sentence.endswith(".")
    assert rights_of("admin") == set(RIGHTS)


def test_case_10_each_role_may_what_the_table_says_and_nothing_else() -> None:
    """Role by right, read from the table row by row."""
    for role in ROLES:
        for right in TABLE:
            assert may(actor(role), right.name) == (role in right.roles)
    with pytest.raises(RightMissing, match="marketer, admin"):
        require(actor("analyst"), "messages.send")
    require(operator(), "messages.send")


def test_a_viewer_changes_nothing() -> None:
    """Whatever a viewer may do ends in read."""
    assert {name.partition(".")[2] for name in rights_of("viewer")} == {"read"}


def test_a_right_that_no_row_names_is_an_error() -> None:
    """Neither open nor closed: a slip in code is told as one, for the administrator too."""
    for name in ("customers.reed", "", "*"):
        with pytest.raises(UnknownRight):
            may(operator(), name)


def test_every_right_that_code_names_is_in_the_table() -> None:
    """Read from the sources: what is asked for by ``require`` and ``may``."""
    asked = {
        call.args[1].value
        for file in SOURCES.rglob("*.py")
        if "require(" in (text := file.read_text(encoding="utf-8")) or "may(" in text
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("require", "may")
        and len(call.args) > 1
        and isinstance(call.args[1], ast.Constant)
    }
    assert asked
    assert asked <= set(RIGHTS)


def test_every_class_of_field_has_a_right_and_a_look_without_it() -> None:
    """The classes are those that imported tables declare."""
    assert set(FIELD_CLASSES) == set(get_args(Class)) == set(OF_CLASS) == set(WITHOUT)
    assert set(OF_CLASS.values()) <= set(RIGHTS)
    assert set(SINGLY) <= set(RIGHTS)


@pytest.mark.parametrize("role", ["viewer", "marketer", "analyst"])
def test_case_13_personal_fields_are_masked_and_cannot_be_asked_about(role: Role) -> None:
    """Filtering, sorting, searching by one would tell it bit by bit; given singly, both are open."""
    without, with_it = actor(role), actor(role, sees_personal=True)
    fields = {"tier": "attribute", "email": "personal"}

    assert [sight(without, each) for each in FIELD_CLASSES] == ["shown", "shown", "masked", "hidden"]
    assert [sight(with_it, each) for each in FIELD_CLASSES] == ["shown"] * 4
    with pytest.raises(FieldMasked, match="email is masked"):
        check_condition(without, fields)  # type: ignore[arg-type]
    check_condition(without, {"tier": "attribute"})
    check_condition(with_it, fields)  # type: ignore[arg-type]


def test_case_15_a_shared_segment_runs_with_the_rights_of_whoever_asks() -> None:
    """The author sees personal data, the reader does not: the same condition is refused to the reader."""
    author, reader = actor("marketer", sees_personal=True), actor("analyst")

    check_condition(author, {"note": "free_text"})
    with pytest.raises(FieldMasked, match=r"free_text\.read"):
        check_condition(reader, {"note": "free_text"})


def test_case_12_a_role_is_changed_by_one_verb_only() -> None:
    """Nothing that takes many fields at once writes an account's role."""
    takes_role = {
        name
        for name in access.__all__
        if inspect.isfunction(getattr(access, name))
        and not name.startswith("rights")
        and "role" in inspect.signature(getattr(access, name)).parameters
    }
    assert takes_role == {"invite", "set_role"}


SECRET = ("secret", "token", "hash", "digest", "password", "csrf")


def test_secrets_are_compared_in_constant_time_only() -> None:
    """In Python no ``==`` stands between two values of which one is named like a secret; SQL looks hashes up."""
    found = []
    for file in (SOURCES / "access").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Compare) or not isinstance(
                node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn
            ):
                continue
            sides = [ast.unparse(side) for side in (node.left, *node.comparators)]
            is_sql = any(".c." in side for side in sides)
            if not is_sql and any(word in side for side in sides for word in SECRET):
                found.append(f"{file.name}: {ast.unparse(node)}")
    assert found == []
    tokens = (SOURCES / "access" / "tokens.py").read_text(encoding="utf-8")
    assert "hmac.compare_digest" in tokens
