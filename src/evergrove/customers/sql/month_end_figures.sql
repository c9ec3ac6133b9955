-- month_end_figures --
-- What some customers had done in the 365 days that end with some month ends, as known on these.
--   spend_12m          orders less refunds, of refunds those dated by the month end
--   orders_12m         orders, not counting those refunded to nothing by then
--   repeat_orders_12m  those among them that were not the customer's first ever
-- candidate_month_ends(row, days) holds the customers, by row of customer_summary, and the month ends, in days
-- since 1970.
with
numbered as (
    select customer_id, row_number() over (order by customer_id) - 1 as row
    from customer_summary
),
candidates as (
    select
        numbered.customer_id,
        candidate_month_ends.row,
        date '1970-01-01' + cast(candidate_month_ends.days as integer) as month_end
    from candidate_month_ends
    inner join numbered on candidate_month_ends.row = numbered.row
),
reduced as (
    select candidates.row, candidates.month_end, refunds.order_id, sum(refunds.amount) as refunded
    from candidates
    inner join orders on candidates.customer_id = orders.customer_id
    inner join refunds on orders.order_id = refunds.order_id
    where orders.order_date <= candidates.month_end and refunds.refund_date <= candidates.month_end
    group by candidates.row, candidates.month_end, refunds.order_id
),
moves as (
    select
        candidates.row,
        candidates.month_end,
        orders.order_date as moved_on,
        orders.amount - coalesce(reduced.refunded, 0) as amount,
        case when reduced.refunded is null or orders.amount > reduced.refunded then orders.order_date end as order_day
    from candidates
    inner join orders on candidates.customer_id = orders.customer_id
    left join reduced
        on candidates.row = reduced.row
        and candidates.month_end = reduced.month_end
        and orders.order_id = reduced.order_id
    where orders.order_date <= candidates.month_end
    union all
    select candidates.row, candidates.month_end, refunds.refund_date, -refunds.amount, null
    from candidates
    inner join refunds on candidates.customer_id = refunds.customer_id
    left join orders on refunds.order_id = orders.order_id and orders.order_date <= candidates.month_end
    where refunds.refund_date <= candidates.month_end and orders.order_id is null
),
counted as (
    select
        row,
        month_end,
        sum(amount) filter (where moved_on > month_end - 365) as spend,
        count(order_day) filter (where order_day > month_end - 365) as orders,
        min(order_day) as first_order_date
    from moves
    group by row, month_end
)
select
    row,
    date_diff('day', date '1970-01-01', month_end) as month_end,
    cast(coalesce(spend, 0) as double) as spend_12m,
    orders as orders_12m,
    orders - case when first_order_date > month_end - 365 then 1 else 0 end as repeat_orders_12m
from counted
where orders > 0
order by row, month_end
