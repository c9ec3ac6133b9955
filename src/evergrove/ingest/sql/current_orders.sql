-- current_orders --
-- The version of each order that holds, where it is paid: a void one takes the order away.
select order_key, order_id, customer_id, order_date, amount, import_seq
from fact_orders
where status = 'paid' and order_key not in (select order_key from fact_repeated)
union all
select facts.order_key, facts.order_id, facts.customer_id, facts.order_date, facts.amount, facts.import_seq
from fact_orders as facts
inner join fact_repeated as repeated
    on repeated.order_key = facts.order_key
    and repeated.first_seq = facts.import_seq
    and repeated.first_at = facts.version_at
    and not repeated.differs
where facts.status = 'paid'
union all
select order_key, order_id, customer_id, order_date, amount, import_seq
from fact_standing
where status = 'paid' and not is_conflict and nth_newest = 1
