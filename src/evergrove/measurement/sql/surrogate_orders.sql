-- surrogate_orders --
-- What each person had bought up to one of some days, dated as if that day were $as_of: histories that end on
-- different days then end on the same one, and models that know no calendar say the same of them.
--   cuts      unit, customer_id, cut: whose history, and its last day
--   unit      stands in the place of the customer; an order of one who is there several times is told apart by it
select
    cuts.unit as customer_id,
    orders.order_id || '/' || cuts.unit as order_id,
    cast(orders.order_date + cast($as_of - cuts.cut as integer) as date) as order_date,
    orders.amount
from orders
inner join cuts on orders.customer_id = cuts.customer_id
where orders.order_date <= cuts.cut
