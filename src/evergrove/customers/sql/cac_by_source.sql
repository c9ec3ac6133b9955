-- cac_by_source --
-- What it cost to win a customer, by month of the first order and source; see advertising.
--   customers  who first bought in that month by that source; 0 where the spend found nobody
--   cac        spend / customers; NULL without one
with
won as (
    select month, coalesce(source, '') as source, count(*) as customers
    from acquired
    group by month, coalesce(source, '')
)
select
    advertising.month,
    nullif(advertising.source, '') as source,
    advertising.spend,
    coalesce(won.customers, 0) as customers,
    cast(cast(advertising.spend as double) / won.customers as decimal(18, 4)) as cac
from advertising
left join won on advertising.month = won.month and advertising.source = won.source
order by advertising.month, advertising.source
