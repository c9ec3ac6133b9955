-- month_end_orders --
-- The orders of some customers, for a first look at what they paid in the 365 days before each month end.
--   row     row of the customer in customer_summary
--   day     days since 1970
--   amount  paid for the order, refunds not deducted
with
numbered as (
    select customer_id, row_number() over (order by customer_id) - 1 as row
    from customer_summary
)
select
    numbered.row,
    date_diff('day', date '1970-01-01', orders.order_date) as day,
    cast(orders.amount as double) as amount
from orders
inner join numbered on orders.customer_id = numbered.customer_id
inner join candidate_rows on numbered.row = candidate_rows.row
where orders.order_date <= $last and orders.order_date > $first - 365
