-- current_refunds --
-- What was given back: by itself, or as the version of an order that holds says of itself.
--   order_id  the order it reduces, where the row names one that was paid (as parent, or under the same id)
with
paid as (
    select distinct order_id, customer_id from current_orders where order_id is not null
)
select
    coalesce(parents.order_id, own.order_id) as order_id,
    refunds.customer_id,
    refunds.refund_date,
    refunds.amount
from fact_refunds as refunds
left join paid as parents on parents.order_id = refunds.parent_id and parents.customer_id = refunds.customer_id
left join paid as own on own.order_id = refunds.order_id and own.customer_id = refunds.customer_id
where refunds.of_order is null
union all
select refunds.order_id, refunds.customer_id, refunds.refund_date, refunds.amount
from fact_refunds as refunds
inner join current_orders
    on current_orders.order_key = refunds.of_order and current_orders.import_seq = refunds.import_seq
