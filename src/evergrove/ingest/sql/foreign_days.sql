-- foreign_days --
-- Currencies and days of what was sold in other currencies than the shop's.
select distinct substr(status, 6) as currency, order_date as day
from fact_orders
where starts_with(status, 'paid:')
union
select distinct currency, day from foreign_refunds
