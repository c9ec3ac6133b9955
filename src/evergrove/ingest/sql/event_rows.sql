-- event_rows --
-- What events tell of orders, in the shape of "fact_rows": each is a version of its own time.
--   refund_key  customer, moment, amount and order, as in files: told under two names it is one refund
-- $zone: the shop's, whose days and moments count.
with
local as (
    select
        *,
        cast(timezone($zone, timezone('UTC', happened_at)) as varchar) as moment,
        coalesce(day, cast(timezone($zone, timezone('UTC', happened_at)) as date)) as local_day
    from event_told
)
select
    0 as file,
    line,
    coalesce(refund_id, order_id) as order_id,
    customer_id,
    case when refund_id is not null then order_id end as parent_id,
    local_day as day,
    moment,
    amount,
    cast(null as decimal(18, 4)) as refund,
    cast(null as date) as refund_day,
    foreign_currency,
    class,
    updated,
    class = 'purchase' as counts,
    case when class <> 'refund' then order_id end as order_key,
    case
        when class = 'refund'
            then concat(
                concat_ws(
                    chr(31), concat('~', customer_id), moment, cast(amount as varchar), coalesce(refund_id, order_id),
                    case when refund_id is not null then order_id end, foreign_currency
                ),
                chr(31), '1',
                case when foreign_currency is not null then concat(chr(30), foreign_currency) else '' end
            )
    end as refund_key
from local
