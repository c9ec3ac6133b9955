"""``evergrove ingest`` of files that are told by their headers, in a process of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Done

FILES = {
    "orders.csv": "订单编号,会员编号,付款时间,实付金额,订单状态\nA1,c1,2026-03-01 10:00:00,15.00,交易成功\nA2,c2,2026-03-01 10:00:00,25.00,交易成功\n",
    "refunds.csv": "order_id,customer_id,refund_date,refund_amount\nA2,c2,2026-03-05,5.00\n",
    "tickets.csv": "工单编号,会员编号,创建时间,状态,内容\nT1,c1,2026-03-01,已解决,我的电话\nT2,,2026-03-01,处理中,\n",
    "names.csv": "customer_id,union_id\nc1,u1\nc2,u1\n",
    "words.csv": "customer_id,channel,purpose,status,consented_at\nc1,email,marketing,granted,2026-01-13\n",
    "tokens.csv": "customer_id,template_id,count,granted_at\nc1,TPL-1,2,2026-03-02\nc2,TPL-1,0,2026-03-02\n",
    "both.csv": "ticket_id,response_id,customer_id,created_at,score,status\n1,2,c1,2026-05-01,9,open\n",
}


@pytest.fixture
def desk(evergrove: Callable[..., Done], tmp_path: Path) -> Callable[..., Done]:
    """``desk("ingest", ...)`` in a new workspace, its files beside it."""
    keys = {"EVERGROVE_KEYS": str(tmp_path / "keys"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    made = evergrove("init", "shop", "--currency", "CNY", "--timezone", "Asia/Shanghai", **keys)
    assert made.status == 0, made.err
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return lambda *arguments: evergrove(*arguments, "-w", "shop", **keys)


@pytest.mark.slow
def test_files_of_any_table_come_in_together(desk: Callable[..., Done]) -> None:
    """Each is told by its headers, and said so; again, nothing changes; the machine's answer accounts for each row."""
    files = ("orders.csv", "refunds.csv", "tickets.csv", "names.csv", "words.csv", "tokens.csv")
    first, again = desk("ingest", *files), desk("ingest", *files, "--json")

    assert first.status == 0, first.err
    for table in ("orders", "refunds", "tickets", "identities", "consents", "channel_tokens"):
        assert f"its headers are those of {table} " in first.out
    assert "Sealed in the ledger, because it is personal or free text: 1 cell of body." in first.out
    assert "Rejected 1: The row names no customer." in first.out
    assert "2 new messages that customers have agreed to." in first.out
    assert "Next: evergrove run" in first.out
    answer = json.loads(again.out)
    assert [each["new"] for each in answer["files"]] == [False] * 6
    counts = [each["rows"] for each in answer["files"]]
    assert [each["read"] for each in counts] == [2, 1, 2, 2, 1, 2]
    assert all(each["good"] + each["rejected"] + each["duplicate"] == each["read"] for each in counts)


@pytest.mark.slow
def test_a_look_comes_before_a_word(desk: Callable[..., Done], tmp_path: Path) -> None:
    """--preview stores nothing, what fits two tables is refused with both ways out, a mapping is kept."""
    look = desk("ingest", "tickets.csv", "--preview", "--lang", "zh-Hant")
    unclear = desk("ingest", "both.csv")
    kept = desk("ingest", "both.csv", "--as", "surveys", "--save-preset", "desk")

    assert look.status == 0, look.err
    assert "T1" in look.out
    assert "沒有儲存任何內容" in look.out
    assert not (tmp_path / "shop" / "warehouse" / "tickets").exists()
    assert unclear.status == 2
    assert "--as tickets or --as surveys" in unclear.err or "--as surveys or --as tickets" in unclear.err
    assert "[ingest.table_unclear]" in unclear.err
    assert kept.status == 0, kept.err
    assert (tmp_path / "shop" / "presets" / "desk.toml").is_file()
