-- foreign_refunds --
-- What was given back in another currency: its currency, and the day whose rate counts.
--   day  of the order, where it names one that is known; else its own
with
sold as (
    select order_key, import_seq, order_id, order_date, substr(status, 6) as currency
    from fact_orders
    where starts_with(status, 'paid:')
),
orders as (
    select order_id, min(order_date) as order_date from sold where order_id is not null group by order_id
)
select
    refunds.customer_id,
    refunds.refund_key,
    refunds.of_order,
    refunds.import_seq,
    refunds.refund_date,
    refunds.amount,
    sold.currency,
    sold.order_date as day
from fact_refunds as refunds
inner join sold on sold.order_key = refunds.of_order and sold.import_seq = refunds.import_seq
union all
select
    refunds.customer_id,
    refunds.refund_key,
    refunds.of_order,
    refunds.import_seq,
    refunds.refund_date,
    refunds.amount,
    split_part(refunds.refund_key, chr(30), 2) as currency,
    coalesce(parents.order_date, own.order_date, refunds.refund_date) as day
from fact_refunds as refunds
left join orders as parents on parents.order_id = refunds.parent_id
left join orders as own on own.order_id = refunds.order_id
where refunds.of_order is null and contains(refunds.refund_key, chr(30))
