-- current_customers --
-- Everybody seen in a good row, customers with cancellations only among them; who stands in conflicts only is not.
select distinct customer_id
from (
    select customer_id from fact_orders where order_key not in (select order_key from fact_repeated where differs)
    union all
    select customer_id from fact_standing where not is_conflict
    union all
    select customer_id from fact_refunds where of_order is null
    union all
    select customer_id from fact_known
) as seen
