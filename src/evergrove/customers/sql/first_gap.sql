-- first_gap --
-- How many days pass, in the middle, between a customer's first purchase day and the second; NULL without any.
-- Only who came back counts: half of these had done so by then.
with
later as (
    select customer_id, gap, row_number() over (partition by customer_id order by order_date) as nth
    from purchase_days
    where gap is not null
)
select percentile_cont(0.5) within group (order by gap) as first_gap
from later
where nth = 1
