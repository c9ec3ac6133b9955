-- category_rhythms --
-- How long customers of each category wait between two purchase days: all gaps of customers who buy mostly there.
--   gaps      how many there are; at least $least_gaps
--   p80, p95  the least gap that the share does not exceed, in days
-- At most $most_categories, those with the most gaps.
select
    customer_category.category,
    count(*) as gaps,
    cast(quantile_disc(purchases.gap, 0.80) as double) as p80,  -- exact; Spark says percentile_disc within group
    cast(quantile_disc(purchases.gap, 0.95) as double) as p95
from purchases
inner join customer_category on purchases.customer_id = customer_category.customer_id
where purchases.gap > 0
group by customer_category.category
having count(*) >= $least_gaps
order by gaps desc, customer_category.category
limit $most_categories
