-- unrefunded_orders --
-- Every order, where no refund names one: what paid_orders is then, without looking for each order's refunds.
select customer_id, order_date, amount
from orders
