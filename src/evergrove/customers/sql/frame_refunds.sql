-- frame_refunds --
-- The refunds of a notebook's table: rows with an amount below 0.
select cast(null as varchar) as order_id, customer_id, order_date as refund_date, -amount as amount
from typed_rows
where amount < 0
