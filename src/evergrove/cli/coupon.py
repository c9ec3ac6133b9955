"""``evergrove coupon``: campaigns, their codes, and redemptions that the shop made."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evergrove.cli.options import HERE, Debug, In, InvalidOption, Json, Lang, Quiet
from evergrove.cli.workspace import at_work, say_next
from evergrove.core import EvergroveError, InputError, _, fill, reason_of
from evergrove.core.lazy import Later
from evergrove.programs.coupons.words import KIND_WORDS, STATE_WORDS
from evergrove.text import Formats, translator

if TYPE_CHECKING:
    from evergrove.app import coupons as app
    from evergrove.cli.terminal import Terminal
    from evergrove.programs.coupons import Account, Campaign, Figures, Use
else:
    app = Later("evergrove.app.coupons")

coupon = typer.Typer(
    help="Coupon campaigns as files, codes, and what became of them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

CAMPAIGN = Annotated[str, typer.Argument(help="Key of the campaign, such as welcome.")]
PUT = _("{key} is in place as version {version}.")
RESTS = _("{key} is paused: nothing is issued or reserved.")
GOES_ON = _("{key} goes on.")
NO_CAMPAIGNS = _("There are no coupon campaigns.")
WRITTEN = _("{count} {count:code|codes} written to {path}.")
USED = _("{code} takes {discount} {currency} off order {order}.")
USED_BEFORE = _("{code} was redeemed on order {order} before; nothing changed.")
BACK = _("{code}: {state}, {returned} {currency} back in the budget.")
ROWS = _("{read} {read:row|rows}: {taken} taken, {known} known before, {refused} refused.")
REFUSED_ROW = _("Line {line}: {reason}")
BROUGHT = _(
    "{read} {read:row|rows}: {taken} taken, {known} known before, {refused} refused. {waiting} {waiting:code waits|codes wait} to be given out."
)
RATE = _(
    "{playbook}: {rate} of those who used a code would have bought anyway ({level} interval {low} to {high}), as of {day}."
)
NO_RATE = _("{playbook}: not known yet. {reason}")
NAMED_REFUSED = _("{count} {count:code|codes} on imported orders {count:was|were} refused.")
REFUSED_ORDER = _("Order {order}, {code}: {reason}")
HEADER = (_("key"), _("kind"), _("state"), _("issued"), _("redeemed"), _("spent"), _("budget"))
MOST_SHOWN = 20


class FileUnreadable(InputError):
    """A file cannot be opened."""

    code = "cli.file_unreadable"
    message = _("{path} cannot be read: {reason}.")
    hint = _("Is the name right?")


@coupon.command("list")
def list_(
    workspace: In = HERE, lang: Lang = None, machine: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """List the campaigns: issued, redeemed, spent."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        formats = Formats(terminal.language)
        found = [(each, app.figures(here, each.terms.key)) for each in app.every(here)]
        if found:
            header = tuple(map(formats.say, HEADER))
            terminal.table(
                formats.say(_("Coupon campaigns")),
                [_row(each, told, formats) for each, told in found],
                header,
            )
        else:
            terminal.say(formats.say(NO_CAMPAIGNS))
        terminal.result("coupon_campaigns", {"campaigns": [_figures(*pair) for pair in found]})


@coupon.command()
def add(
    file: Annotated[
        Path, typer.Argument(help="TOML of the format evergrove.coupons/1; see docs/coupons.md.")
    ],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Put a campaign in place, or a newer version of one; codes that are out keep what they promise."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        from evergrove.programs.coupons import read_terms  # noqa: PLC0415 - help is said without it

        put = app.put(here, read_terms(file))
        key, version = put.terms.key, put.terms.version
        terminal.say(Formats(terminal.language).say(PUT, key=key, version=version))
        say_next(terminal, workspace, "coupon list")
        terminal.result("coupon_campaign", {"key": key, "version": version})


@coupon.command()
def pause(
    key: CAMPAIGN,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let a campaign rest: nothing is issued or reserved; orders that hold a code may still redeem it."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        terminal.say(Formats(terminal.language).say(RESTS, key=app.pause(here, key).terms.key))
        terminal.result("coupon_campaign", {"key": key, "state": "paused"})


@coupon.command()
def resume(
    key: CAMPAIGN,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Let a campaign go on."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        terminal.say(Formats(terminal.language).say(GOES_ON, key=app.resume(here, key).terms.key))
        terminal.result("coupon_campaign", {"key": key, "state": "active"})


@coupon.command()
def codes(
    key: CAMPAIGN,
    to: Annotated[Path, typer.Argument(help="CSV file to be written.")],
    draw: Annotated[
        int, typer.Option("--draw", min=0, max=100_000, help="Draw so many codes for nobody yet first.")
    ] = 0,
    ref: Annotated[
        str, typer.Option("--ref", help="Name of what is drawn: the same again draws nothing new.")
    ] = "drawn",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write all codes of a campaign to a file, for a shop system that wants to know them."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        app.one(here, key)
        if draw:
            app.draw(here, key, draw, ref)
        parts = 0
        try:
            with to.open("wb") as stream:
                for part in app.codes_as_csv(here, key):
                    stream.write(part)
                    parts += 1
        except OSError as error:
            from evergrove.warehouse import NotWritable  # noqa: PLC0415 - help is said without it

            raise NotWritable(path=str(to), reason=reason_of(error)) from error
        count = parts - len(("mark", "header"))
        terminal.say(Formats(terminal.language).say(WRITTEN, count=count, path=str(to)))
        terminal.result("coupon_codes", {"key": key, "codes": count, "path": str(to)})


@coupon.command()
def redeem(
    code: Annotated[str, typer.Argument(help="However it was typed.")],
    order: Annotated[str, typer.Option("--order", help="Id of the order.")],
    amount: Annotated[str, typer.Option("--amount", help="Of the order, before any coupon.")],
    customer: Annotated[str, typer.Option("--customer", help="Whose order it is.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Default: the shop's own.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Use a code on an order; told twice, it changes nothing."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        asked = app.order_of(here, order, _amount(amount), currency or None, customer or None, None)
        use, formats = app.redeem(here, code, asked), Formats(terminal.language)
        terminal.say(
            formats.say(
                USED if use.is_new else USED_BEFORE,
                code=use.code,
                order=use.order_id,
                discount=_plain(use.discount),
                currency=use.currency,
            )
        )
        terminal.result("coupon_use", _use(use))


@coupon.command("roll-back")
def roll_back(
    order: Annotated[str, typer.Argument(help="Id of the order.")],
    refunded: Annotated[str, typer.Option("--refunded", help="Only this part of what was paid.")] = "",
    refund: Annotated[str, typer.Option("--refund", help="Id of the refund of a part.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take back what codes did on an order, or the share of a refund."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        part = _amount(refunded, "--refunded") if refunded else None
        uses, formats = app.roll_back(here, order, "", part, refund), Formats(terminal.language)
        for use in uses:
            state, back = formats.say(STATE_WORDS.get(use.state, use.state)), _plain(use.returned)
            terminal.say(formats.say(BACK, code=use.code, state=state, returned=back, currency=use.currency))
        terminal.result("coupon_uses", {"uses": [_use(use) for use in uses]})


@coupon.command()
def redemptions(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with order_id, code, amount, and if known customer_id, currency, cost."),
    ],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take redemptions that the shop made itself: each row is taken, known, or refused with its reason."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        account = app.take_file(here, _content(file))
        _say_account(terminal, account)


@coupon.command()
def bring(
    key: CAMPAIGN,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV: one code a line, or under a header code, and if known amount and valid_until."
        ),
    ],
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take codes of the shop's own system into a campaign with stock = true, which then gives them out."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        account, formats = app.bring(here, key, _content(file)), Formats(terminal.language)
        counts = {
            "read": account.read,
            "taken": account.taken,
            "known": account.known,
            "waiting": account.waiting,
        }
        terminal.say(formats.say(BROUGHT, refused=len(account.refused), **counts))
        reasons = [(each, _reason(each.error, terminal)) for each in account.refused]
        for each, reason in reasons[:MOST_SHOWN]:
            terminal.say(formats.say(REFUSED_ROW, line=each.line, reason=reason))
        lines = [{"line": e.line, "written": e.code, "code": e.error.code, "message": r} for e, r in reasons]
        terminal.result("coupon_stock", {"key": key, **counts, "refused": lines})


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=str(file), reason=reason_of(error)) from error


@coupon.command()
def refused(
    key: Annotated[str, typer.Argument(help="Key of a campaign; without one, of all.")] = "",
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List codes that imported orders name and that were refused, with the reason of each."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        from evergrove.programs.coupons.words import refusal  # noqa: PLC0415 - help is said without it

        (count, found), formats = app.refused_orders(here, key), Formats(terminal.language)
        lines = [
            {
                "order_id": each.order_id,
                "code": each.code,
                "campaign": each.campaign,
                "reason": each.reason,
                "message": formats.say(refusal(each.reason), **each.params),
            }
            for each in found
        ]
        terminal.say(formats.say(NAMED_REFUSED, count=count))
        for line in lines[:MOST_SHOWN]:
            terminal.say(
                formats.say(REFUSED_ORDER, order=line["order_id"], code=line["code"], reason=line["message"])
            )
        terminal.result("coupon_refusals", {"count": count, "refused": lines})


@coupon.command()
def subsidy(
    key: CAMPAIGN,
    workspace: In = HERE,
    lang: Lang = None,
    machine: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what share of a campaign's redeemers would have bought anyway, as evergrove measure has found it."""
    with at_work(workspace, lang, machine=machine, quiet=quiet, debug=debug) as (here, terminal):
        from evergrove.measurement.words import SUBSIDY_REASONS  # noqa: PLC0415 - help is said without it

        (found, reason), formats = app.subsidies(here, key), Formats(terminal.language)
        for each in found:
            told = each.found
            if told.rate is None or told.low is None or told.high is None:
                why = formats.say(SUBSIDY_REASONS[told.reason or reason or ""])
                terminal.say(formats.say(NO_RATE, playbook=each.playbook, reason=why))
            else:
                bounds = {"low": formats.percent(told.low), "high": formats.percent(told.high)}
                level, rate = formats.percent(told.level), formats.percent(told.rate)
                terminal.say(
                    formats.say(
                        RATE, playbook=each.playbook, rate=rate, level=level, day=each.as_of, **bounds
                    )
                )
        if reason:
            terminal.say(formats.say(SUBSIDY_REASONS[reason]))
        lines = [
            {"playbook": each.playbook, "as_of": each.as_of.isoformat(), **vars(each.found)} for each in found
        ]
        terminal.result("coupon_subsidy", {"key": key, "playbooks": lines, "reason": reason})


def _say_account(terminal: Terminal, account: Account) -> None:
    formats, refused = Formats(terminal.language), len(account.refused)
    terminal.say(
        formats.say(ROWS, read=account.read, taken=account.taken, known=account.known, refused=refused)
    )
    reasons = [(each.line, each.error, _reason(each.error, terminal)) for each in account.refused]
    for line, _error, reason in reasons[:MOST_SHOWN]:
        terminal.say(formats.say(REFUSED_ROW, line=line, reason=reason))
    terminal.result(
        "coupon_redemptions",
        {
            "read": account.read,
            "taken": account.taken,
            "known": account.known,
            "refused": [
                {"line": line, "code": error.code, "message": reason} for line, error, reason in reasons
            ],
        },
    )


def _reason(error: EvergroveError, terminal: Terminal) -> str:
    return fill(translator(terminal.language)(error.message), error.params)


def _amount(text: str, option: str = "--amount") -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise InvalidOption(option=option, value=text, example=f"{option} 128.50") from error


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount.normalize():f}"


def _row(each: Campaign, told: Figures, formats: Formats) -> tuple[str, ...]:
    return (
        each.terms.key,
        formats.say(KIND_WORDS[each.terms.kind]),
        formats.say(STATE_WORDS[each.state]),
        formats.number(told.issued),
        formats.number(told.redeemed),
        f"{_plain(told.spent)} {told.currency}",
        "-" if told.budget is None else _plain(told.budget),
    )


def _figures(each: Campaign, told: Figures) -> dict[str, Any]:
    amounts = {name: str(value) for name, value in vars(told).items() if isinstance(value, Decimal)}
    return {
        **vars(told),
        **amounts,
        "codes": dict(told.codes),
        "state": each.state,
        "version": each.terms.version,
    }


def _use(use: Use) -> dict[str, Any]:
    until = None if use.reserved_until is None else use.reserved_until.isoformat()
    amounts = {name: str(value) for name, value in vars(use).items() if isinstance(value, Decimal)}
    return {**vars(use), **amounts, "reserved_until": until}
