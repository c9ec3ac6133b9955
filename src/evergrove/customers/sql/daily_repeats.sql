-- daily_repeats --
-- Repeat purchase days of all customers together, by calendar day.
select
    date_diff('day', $first_day, order_date) as day_number,
    count(*) as repeats
from purchases
where gap > 0
group by order_date
order by order_date
