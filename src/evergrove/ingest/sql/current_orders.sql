-- current_orders --
-- The version of each order that holds, where it is paid: a void one takes the order away.
select order_key, order_id, customer_id, order_date, amount, import_seq
from fact_orders
where status = 'paid' and order_key not in (select order_key from fact_repeated)
union all
select order_key, order_id, customer_id, order_date, amount, import_seq
from fact_standing
where status = 'paid' and not is_conflict and nth_newest = 1
