-- revalued --
-- Customers of whom something that was known and dated counts at another rate than it did, or counts only now.
-- $until_seq, $until_day: the newest import that was known, and the last day that counted.
with
changed as (
    select days.currency, days.day
    from foreign_days as days
    left join day_rates as now on now.currency = days.currency and now.day = days.day
    left join day_rates_before as earlier on earlier.currency = days.currency and earlier.day = days.day
    where now.rate is distinct from earlier.rate
),
sold as (
    select customer_id, substr(status, 6) as currency, order_date as day
    from stored_orders
    where starts_with(status, 'paid:') and import_seq <= $until_seq and order_date <= $until_day
    union all
    select customer_id, currency, day
    from foreign_refunds
    where import_seq <= $until_seq and refund_date <= $until_day
)
select distinct sold.customer_id
from sold
inner join changed on changed.currency = sold.currency and changed.day = sold.day
