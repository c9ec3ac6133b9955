-- origin --
-- One row per customer who had bought by $origin, in the order of customer_id: the summary as it stood that
-- day, without look-ahead, beside what came in ($origin, $until] and in the stretch ($before, $origin].
--   first_order_date, frequency, recency, T, log_intervals, monetary_value, mean_day_spend, historic_value
--                   as in customer_summary, as of $origin; dates in days since 1970
--   spend_12m, orders_12m, repeat_orders_12m
--                   likewise, of the 365 days that end with $origin
--   purchases       purchase days after $origin, by $until (as known on $until)
--   spend           orders dated in these days less refunds dated in them: what flowed, not what was booked
--   next_days       days from $origin to the first purchase day after it, by $until; NaN without one
--   last_purchases, last_spend, last_next_days
--                   the same for the stretch that ends with $origin (purchase days as known then)
--   last_silence    days from the last purchase day by $before to $before; NaN for who came later
with
counted as (
    select
        customer_id,
        min(then_day) as first_order_date,
        max(then_day) filter (where then_day <= $origin) as last_order_date,
        count(then_gap) filter (where then_day <= $origin) as frequency,
        sum(cast(ln(then_gap) as decimal(18, 12))) filter (where then_day <= $origin) as log_intervals,
        sum(then_amount) filter (where then_day <= $origin) as amount,
        sum(then_amount) filter (where then_day <= $origin and then_gap is not null) as repeat_amount,
        sum(then_credit) as credited,
        sum(then_amount) filter (where then_day > $origin - 365 and then_day <= $origin) as amount_12m,
        sum(then_credit) filter (where credit_day > $origin - 365) as credited_12m,
        sum(then_orders) filter (where then_day > $origin - 365 and then_day <= $origin) as orders_12m,
        count(until_day) filter (where until_day > $origin) as purchases,
        min(until_day) filter (where until_day > $origin) as next_date,
        sum(flow) filter (where flow_day > $origin) as flow,
        count(then_day) filter (where then_day > $before and then_day <= $origin) as last_purchases,
        sum(flow) filter (where flow_day > $before and flow_day <= $origin) as last_flow,
        min(then_day) filter (where then_day > $before and then_day <= $origin) as last_next_date,
        max(then_day) filter (where then_day <= $before) as seen_before
    from moves
    where coalesce(then_day, until_day, flow_day, $origin) <= $until
    group by customer_id
    having min(then_day) <= $origin
)
select
    cast(first_order_date - date '1970-01-01' as bigint) as first_order_date,
    frequency,
    cast(last_order_date - first_order_date as bigint) as recency,
    cast($origin - first_order_date as bigint) as T,
    cast(coalesce(log_intervals, 0) as double) as log_intervals,
    coalesce(cast(repeat_amount as double) / nullif(frequency, 0), cast('nan' as double)) as monetary_value,
    coalesce(cast(amount as double) / (frequency + 1), cast('nan' as double)) as mean_day_spend,
    coalesce(cast(amount - coalesce(credited, 0) as double), cast('nan' as double)) as historic_value,
    coalesce(cast(case when amount is not null then coalesce(amount_12m, 0) - coalesce(credited_12m, 0) end as double),
        cast('nan' as double)) as spend_12m,
    cast(coalesce(orders_12m, 0) as bigint) as orders_12m,
    cast(coalesce(orders_12m, 0) as bigint)
        - case when first_order_date > $origin - 365 then 1 else 0 end as repeat_orders_12m,
    cast(purchases as double) as purchases,
    cast(coalesce(flow, 0) as double) as spend,
    cast(last_purchases as double) as last_purchases,
    cast(coalesce(last_flow, 0) as double) as last_spend,
    coalesce(cast(next_date - $origin as double), cast('nan' as double)) as next_days,
    coalesce(cast(last_next_date - $before as double), cast('nan' as double)) as last_next_days,
    coalesce(cast($before - seen_before as double), cast('nan' as double)) as last_silence
from counted
order by customer_id
