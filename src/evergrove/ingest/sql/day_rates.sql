-- day_rates --
-- The rate of each day on which something was sold in another currency: the latest not after it, and not too old.
-- $currency: of the shop; $rate_days: how old a rate may be.
select days.currency, days.day, max_by(rates.rate, rates.day) as rate
from foreign_days as days
inner join rates
    on rates.currency = days.currency
    and rates.day <= days.day
    and date_diff('day', rates.day, days.day) <= $rate_days
where coalesce(rates.base, $currency) = $currency
group by days.currency, days.day
