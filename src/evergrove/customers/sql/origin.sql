-- origin --
-- One row per customer who had bought by $origin, in the order of customer_id: the summary as it stood that
-- day, without look-ahead, beside what came in ($origin, $until] and in the stretch ($before, $origin].
--   first_order_date, frequency, recency, T, monetary_value, mean_day_spend, historic_value
--                   as in customer_summary, as of $origin
--   purchases       purchase days after $origin, by $until (as known today)
--   spend           orders dated in these days less refunds dated in them: what flowed, not what was booked
--   last_purchases, last_spend
--                   the same for the stretch that ends with $origin
-- purchase_days_then and credits_then are purchase_days and credits as of $origin.
with
dated as (
    select
        customer_id,
        order_date as known_day,
        gap as known_gap,
        net_amount as known_amount,
        cast(null as decimal(18, 4)) as credit,
        cast(null as date) as later_day,
        cast(null as date) as flow_day,
        cast(null as decimal(18, 4)) as flow
    from purchase_days_then
    where order_date <= $origin
    union all
    select customer_id, null, null, null, amount, null, null, null
    from credits_then
    union all
    select customer_id, null, null, null, null, order_date, null, null
    from purchase_days
    where order_date > $origin and order_date <= $until
    union all
    select customer_id, null, null, null, null, null, order_date, amount
    from orders
    where order_date > $before and order_date <= $until
    union all
    select customer_id, null, null, null, null, null, refund_date, -amount
    from refunds
    where refund_date > $before and refund_date <= $until
),
counted as (
    select
        customer_id,
        min(known_day) as first_order_date,
        max(known_day) as last_order_date,
        count(known_gap) as frequency,
        sum(known_amount) as amount,
        sum(known_amount) filter (where known_gap is not null) as repeat_amount,
        sum(credit) as credited,
        count(known_day) filter (where known_day > $before) as last_purchases,
        count(later_day) as purchases,
        sum(flow) filter (where flow_day <= $origin) as last_flow,
        sum(flow) filter (where flow_day > $origin) as flow
    from dated
    group by customer_id
    having count(known_day) > 0
)
select
    date_diff('day', date '1970-01-01', first_order_date) as first_order_date,
    frequency,
    date_diff('day', first_order_date, last_order_date) as recency,
    date_diff('day', first_order_date, $origin) as T,
    cast(repeat_amount as double) / nullif(frequency, 0) as monetary_value,
    cast(amount as double) / (frequency + 1) as mean_day_spend,
    cast(amount - coalesce(credited, 0) as double) as historic_value,
    purchases,
    cast(coalesce(flow, 0) as double) as spend,
    last_purchases,
    cast(coalesce(last_flow, 0) as double) as last_spend
from counted
order by customer_id
