-- surrogate_refunds --
-- The refunds of the same histories, in the way of surrogate_orders.
select
    cuts.unit as customer_id,
    refunds.order_id || '/' || cuts.unit as order_id,
    cast(refunds.refund_date + cast($as_of - cuts.cut as integer) as date) as refund_date,
    refunds.amount
from refunds
inner join cuts on refunds.customer_id = cuts.customer_id
where refunds.refund_date <= cuts.cut
