-- new_versions --
-- The versions of this import that are not there yet, as in "new_orders"; there may be several of one order.
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
left join version_verdicts as known
    on known.order_key = told.order_key
    and known.version_at = told.version_at
    and known.customer_id = told.customer_id
    and known.order_date = told.order_date
    and known.amount = told.amount
    and known.status = told.status
