-- new_orders --
-- The versions of this import that are not there yet, those too that do not hold: which one holds must not
-- depend on which import came first.
--   is_news  whether the version held when it came in, and said something else than the one before
select told.*, known.verdict is null as is_news
from told_orders as told
anti join fact_orders
    on fact_orders.order_key = told.order_key
    and fact_orders.version_at = told.version_at
    and fact_orders.content = told.content
left join known_verdicts as known on known.order_key = told.order_key
