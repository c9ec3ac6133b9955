-- refunds_to_come --
-- What is still expected to go back of each customer's standing orders, in the order of customer_id.
-- shares_to_come(age, share) holds the share that is lost yet of what stands so many days after its order; in
-- exact decimals, so that no order of rows shows in a sum.
select
    cast(
        coalesce(
            sum(cast(purchases.net_amount as decimal(28, 4)) * cast(shares_to_come.share as decimal(10, 8))), 0
        ) as double
    ) as to_come
from purchases
left join shares_to_come on $observation_end - purchases.order_date = shares_to_come.age
group by purchases.customer_id
order by purchases.customer_id
