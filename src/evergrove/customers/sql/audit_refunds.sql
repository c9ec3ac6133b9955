-- audit_refunds --
-- Every refund to one customer, counted or not; order_date is that of the order it names.
select refunds.order_id, refunds.refund_date, refunds.amount, orders.order_date
from refunds
left join orders on refunds.order_id = orders.order_id
where cast(coalesce(orders.customer_id, refunds.customer_id) as varchar) = $customer
order by refunds.refund_date, refunds.order_id, refunds.amount
