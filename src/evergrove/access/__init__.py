"""People who sign in, keys of programs, and who may do what. Secrets are kept as hashes; every act leaves a row."""

from evergrove.access.accounts import account_of, accounts, change_email, disable, has_admin, invite, set_role
from evergrove.access.entering import ask_reset, enter, first_link, reset_link, set_up
from evergrove.access.forgetting import forget, shut_out
from evergrove.access.keys import actor_of_key, create_key, keys_of, revoke_key
from evergrove.access.limits import PER_ACTOR, Buckets
from evergrove.access.logins import actor_of_account, actor_of_login, log_out
from evergrove.access.passwords import HashCost, Passwords
from evergrove.access.rights import (
    RIGHTS,
    check_condition,
    may,
    operator,
    require,
    require_person,
    right_of_verb,
    rights_of,
    sight,
)
from evergrove.access.sign_in import change_password, sign_in
from evergrove.access.tokens import check_csrf, csrf_token
from evergrove.access.types import ROLES, Account, Actor, Attempt, Key, Life, Link, NewKey, Role, SignedIn

__all__ = [
    "PER_ACTOR",
    "RIGHTS",
    "ROLES",
    "Account",
    "Actor",
    "Attempt",
    "Buckets",
    "HashCost",
    "Key",
    "Life",
    "Link",
    "NewKey",
    "Passwords",
    "Role",
    "SignedIn",
    "account_of",
    "accounts",
    "actor_of_account",
    "actor_of_key",
    "actor_of_login",
    "ask_reset",
    "change_email",
    "change_password",
    "check_condition",
    "check_csrf",
    "create_key",
    "csrf_token",
    "disable",
    "enter",
    "first_link",
    "forget",
    "has_admin",
    "invite",
    "keys_of",
    "log_out",
    "may",
    "operator",
    "require",
    "require_person",
    "reset_link",
    "revoke_key",
    "right_of_verb",
    "rights_of",
    "set_role",
    "set_up",
    "shut_out",
    "sight",
    "sign_in",
]
