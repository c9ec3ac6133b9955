-- new_waiting --
-- What one import tells in other currencies whose rate is not known yet: facts by currency.
-- $currency: of the shop; $rate_days: how old a rate may be.
with
told as (
    select substr(status, 6) as currency, order_date as day
    from new_orders
    where starts_with(status, 'paid:')
    union all
    select split_part(refund_key, chr(30), 2) as currency, refund_date as day
    from new_refunds
    where of_order is null and contains(refund_key, chr(30))
),
numbered as (
    select *, row_number() over (order by currency, day) as nth from told
),
rated as (
    select distinct numbered.nth
    from numbered
    inner join rates
        on rates.currency = numbered.currency
        and rates.day <= numbered.day
        and date_diff('day', rates.day, numbered.day) <= $rate_days
    where coalesce(rates.base, $currency) = $currency
)
select currency, cast(count(*) as bigint) as facts
from numbered
anti join rated on rated.nth = numbered.nth
group by currency
order by currency
