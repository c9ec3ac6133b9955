-- soon_back --
-- Customers who bought again within $days days of their first purchase day, by that day.
select
    first_order_date,
    count(*) as came_back
from purchases
inner join customer_summary on purchases.customer_id = customer_summary.customer_id
where gap > 0 and gap <= $days and order_date - gap = first_order_date
group by first_order_date
order by first_order_date
