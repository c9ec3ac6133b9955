-- new_refunds --
-- What this import says was given back, where it is not there yet.
--   is_news  false where only the version of an order says so that changed nothing
select told.*, coalesce(orders.is_news, true) as is_news
from told_refunds as told
left join new_orders as orders on orders.order_key = told.of_order
left join (select distinct refund_key from fact_refunds where refund_key is not null) as known
    on known.refund_key = told.refund_key
where known.refund_key is null and (told.of_order is null or orders.order_key is not null)
