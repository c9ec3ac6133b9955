-- event_completed --
-- The events, each with what it leaves out: an amendment is of the order's day, and all that is left of an order is
-- given back where a refund names no amount. What names an order that is not known stays without.
with
orders as (
    select
        order_id,
        customer_id,
        arg_min(order_date, version_at) as order_date,
        arg_max(amount, version_at) as amount
    from event_orders
    group by order_id, customer_id
),
given_back as (
    select coalesce(parent_id, order_id) as order_id, customer_id, sum(amount) as amount
    from event_stored_refunds
    where of_order is null and coalesce(parent_id, order_id) in (select order_id from orders)
    group by coalesce(parent_id, order_id), customer_id
),
numbered as (  -- what is left is given back once
    select
        *,
        row_number() over (partition by order_id, customer_id, class, amount is null order by happened_at, line) as nth
    from event_told
),
told_back as (
    select order_id, customer_id, -sum(amount) as amount
    from event_told
    where class = 'refund' and amount is not null
    group by order_id, customer_id
)
select
    told.* exclude (day, amount, nth),
    case when told.is_amendment then orders.order_date else told.day end as day,
    case
        when told.class = 'refund' and told.amount is null and orders.order_id is null then null
        when told.class = 'refund' and told.amount is null and nth > 1 then 0
        when told.class = 'refund' and told.amount is null
            then -cast(
                greatest(orders.amount - coalesce(given_back.amount, 0) - coalesce(told_back.amount, 0), 0)
                as decimal(18, 4)
            )
        else told.amount
    end as amount
from numbered as told
left join orders on orders.order_id = told.order_id and orders.customer_id = told.customer_id
left join given_back on given_back.order_id = told.order_id and given_back.customer_id = told.customer_id
left join told_back on told_back.order_id = told.order_id and told_back.customer_id = told.customer_id
