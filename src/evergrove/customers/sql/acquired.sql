-- acquired --
-- How each customer of customer_summary was won: the latest touch that names a source, on one of the 30 days before
-- the first order or on its day.
--   source    in small letters; NULL where no touch tells
--   campaign  of the same touch
--   month     first day of the month of the first order
with
touches as (
    select
        customer_summary.customer_id,
        lower(trim(events.source)) as source,
        events.campaign,
        row_number() over (
            partition by customer_summary.customer_id
            order by events.happened_at desc, lower(trim(events.source)), coalesce(events.campaign, '')
        ) as nth
    from customer_summary
    inner join events on customer_summary.customer_id = events.customer_id
    where events.source is not null
        and cast(events.happened_at as date) <= customer_summary.first_order_date
        and cast(events.happened_at as date) >= customer_summary.first_order_date - 30
)
select
    customer_summary.customer_id,
    touches.source,
    touches.campaign,
    cast(date_trunc('month', customer_summary.first_order_date) as date) as month
from customer_summary
left join touches on customer_summary.customer_id = touches.customer_id and touches.nth = 1
