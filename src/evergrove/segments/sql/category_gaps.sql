-- category_gaps --
-- The rhythm of their category, of the customers of customer_category; those of a category without one are left out.
select
    customer_category.customer_id,
    category_rhythm.p80,
    category_rhythm.p95
from customer_category
inner join category_rhythm on customer_category.category = category_rhythm.category
