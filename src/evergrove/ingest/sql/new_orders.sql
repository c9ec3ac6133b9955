-- new_orders --
-- The versions of this import that are not there yet, those too that do not hold: which one holds must not
-- depend on which import came first.
--   is_news  whether the version held when it came in, and said something else than the one before
select told.*, known.verdict is null as is_news
from told_orders as told
anti join fact_met as met
    on met.order_key = told.order_key
    and met.version_at = told.version_at
    and met.customer_id = told.customer_id
    and met.order_date is not distinct from told.order_date
    and met.amount = told.amount
    and met.status = told.status
    and met.given_back is not distinct from told.given_back
left join known_verdicts as known on known.order_key = told.order_key
