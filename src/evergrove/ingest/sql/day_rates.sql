-- day_rates --
-- The rate of each day on which something was sold in another currency: the latest not after it, and not too old.
-- $currency: of the shop; $rate_days: how old a rate may be.
with
days as (
    select distinct substr(status, 6) as currency, order_date as day
    from fact_orders
    where starts_with(status, 'paid:')
    union
    select distinct currency, day from foreign_refunds
)
select days.currency, days.day, max_by(rates.rate, rates.day) as rate
from days
inner join rates
    on rates.currency = days.currency
    and rates.day <= days.day
    and date_diff('day', rates.day, days.day) <= $rate_days
where coalesce(rates.base, $currency) = $currency
group by days.currency, days.day
