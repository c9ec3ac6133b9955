-- paid_by_age --
-- What was paid for orders, by their age in days on $observation_end; refunds are not deducted.
select
    cast($observation_end - order_date as bigint) as age,
    cast(sum(amount) as double) as paid
from orders
where order_date <= $observation_end and amount > 0
group by age
order by age
