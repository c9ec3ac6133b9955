-- frame_orders --
-- The orders of a notebook's table: every row whose amount is not below 0, which is a refund.
select cast(null as varchar) as order_id, customer_id, order_date, amount
from typed_rows
where amount >= 0
