-- month_end_orders --
-- The orders of some customers up to $last, for a look at what they paid in the 365 days before each month end.
--   place      which of candidate_rows(row, place) the customer is; row is that of customer_summary
--   day        days since 1970
--   first_day  day of the customer's first purchase
--   amount     paid for the order, refunds not deducted, in ten-thousandths
with
numbered as (
    select customer_id, first_order_date, row_number() over (order by customer_id) - 1 as row
    from customer_summary
)
select
    candidate_rows.place,
    cast(orders.order_date - date '1970-01-01' as bigint) as day,
    cast(numbered.first_order_date - date '1970-01-01' as bigint) as first_day,
    cast(10000 * coalesce(orders.amount, 0) as bigint) as amount
from orders
inner join numbered on orders.customer_id = numbered.customer_id
inner join candidate_rows on numbered.row = candidate_rows.row
where orders.order_date <= $last and orders.order_date > $first - 365
order by day
