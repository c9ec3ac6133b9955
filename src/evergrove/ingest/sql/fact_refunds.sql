-- fact_refunds --
-- What was given back, as one import tells it.
--   of_order  the order that says so of itself, in its refund columns or as refunded: it counts only while
--             this import's version of the order does; NULL: given back by itself
--   order_id, parent_id  the orders that it names
-- $seq: of the import.
select
    refund_key,
    cast(null as varchar) as of_order,
    order_id,
    parent_id,
    customer_id,
    day as refund_date,
    cast(abs(amount) as decimal(18, 4)) as amount,
    cast($seq as bigint) as import_seq
from ingest_fact_rows
where refund_key is not null
union all
select
    cast(null as varchar) as refund_key,
    order_key as of_order,
    min(order_id) as order_id,
    cast(null as varchar) as parent_id,
    min(customer_id) as customer_id,
    coalesce(refund_day, day) as refund_date,
    cast(sum(case when refund > 0 then refund else amount end) as decimal(18, 4)) as amount,
    cast($seq as bigint) as import_seq
from ingest_fact_rows
where counts and (refund > 0 or (class = 'refunded' and amount > 0))
group by order_key, coalesce(refund_day, day)
